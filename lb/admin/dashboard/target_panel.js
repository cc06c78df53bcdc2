// @ts-check
// All about one target: its state and why, its latency, its last checks with their evidence, and what to do.

import { drain, undrain } from "./actions.js";
import { call } from "./api.js";
import { byId, make, setAttribute, setList, setText } from "./dom.js";
import { count, duration, latency, rate, time } from "./format.js";
import { percentile } from "./history.js";
import { kStates } from "./model.js";
import { draw, sparkline } from "./sparkline.js";

/**
 * @typedef {import("./history.js").History} History
 * @typedef {import("./model.js").Target} Target
 * @typedef {{ at: string, passed: boolean, phase: string, reason: string, status: number, took_seconds: number,
 *   detail: string, body_start: string }} Probe
 */

const kProbesEvery = 3000;

const dialog = /** @type {HTMLDialogElement} */ (byId("panel"));
const state = make("p", { class: "state-line" }, make("span", { class: "sign", "aria-hidden": "true" }), make("b"), make("span"));
const detail = make("p", { class: "evidence" });
const facts = make("dl", { class: "facts-list" });
const line = sparkline();
const latencies = make("p", { class: "facts" });
const button = make("button", { type: "button" });
const probes = make("ol", { class: "probes" });
const problem = make("p", { class: "problem", role: "alert", hidden: true });

byId("panel-body").append(state, detail, make("p", { class: "actions" }, button), facts,
  make("h3", { text: "Time to first byte, p95 of each second" }), line, latencies, make("h3", { text: "Last checks" }), problem, probes);

/** @type {Target | undefined} */
let target;
let timer = 0;

byId("panel-close").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => {
  target = undefined;
  clearTimeout(timer);
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
document.addEventListener("visibilitychange", () => loadProbes());
button.addEventListener("click", () => target && (target.state === "draining" ? undrain(target) : drain(target)));

/** @param {Probe} probe */
function evidence(probe) {
  const parts = [probe.phase, probe.status ? `status ${probe.status}` : "", latency(probe.took_seconds), probe.reason, probe.detail];
  const item = make("li", { "data-level": probe.passed ? "ok" : "bad" },
    make("span", { class: "sign", "aria-hidden": "true", text: probe.passed ? "✓" : "✕" }),
    make("time", { datetime: probe.at, text: time(Date.parse(probe.at) / 1000) }),
    make("span", { text: parts.filter(Boolean).join(" · ") }));
  if (probe.body_start && !probe.passed) item.append(make("pre", { text: probe.body_start }));
  return item;
}

/** The checks of the target, again and again while they can be seen. */
async function loadProbes() {
  clearTimeout(timer);
  if (!target || document.hidden) return;
  const asked = target;
  const query = new URLSearchParams({ group: target.group, target: target.address });
  try {
    const document = await call("GET", `/api/v1/targets?${query}`);
    if (asked.key !== target?.key) return;
    /** @type {Probe[]} */
    const found = document.target_groups[0].targets[0].probes.toReversed();
    problem.hidden = true;
    setList(probes, found, (probe) => probe.at, evidence);
    if (found.length === 0) problem.hidden = false;
    setText(problem, found.length === 0 ? "This target is not checked." : "");
  } catch (error) {
    if (asked.key !== target?.key) return;
    problem.hidden = false;
    setText(problem, error instanceof Error ? error.message : String(error));
  }
  clearTimeout(timer); // another one may have begun meanwhile
  timer = setTimeout(loadProbes, kProbesEvery);
}

/**
 * @param {Target} of
 * @param {number} now
 * @returns {[string, string][]}
 */
function factsOf(of, now) {
  const counted = (/** @type {number | null} */ value) => (value === null ? "–, counted with others" : count(value));
  /** @type {[string, string][]} */
  const list = [
    ["Address", of.address],
    ["Group", of.group],
    ["Zone", of.zone || "none"],
    ["From", { file: "the configuration file", dns: "DNS", api: "the admin API" }[of.owner] ?? of.owner],
    ["Weight", of.part === of.weight ? String(of.weight) : `${of.weight}, now ${of.part}`],
    ["In flight", of.max_requests === null ? String(of.outstanding) : `${of.outstanding} of at most ${of.max_requests}`],
    ["Requests", counted(of.requests)],
    ["5xx", counted(of.responses_5xx)],
    ["Connection errors", counted(of.connection_errors)],
  ];
  if (of.sessions !== null) list.push(["Sessions bound to it", String(of.sessions)]);
  if (of.until !== null) list.push(["Until", `${time(of.until)}, in ${duration(of.until - now)}`]);
  if (of.zone_shifted) list.push(["Shift", "its zone is shifted away: no new requests"]);
  return list;
}

/** @param {History} history */
export function showPanel(history) {
  if (!target || !dialog.open) return;
  const live = history.newest;
  const key = target.key;
  const now = live?.targets.get(key);
  if (!live || !now) {
    setText(detail, "This target has left.");
    return;
  }
  target = now;
  const [sign, word, since] = state.children;
  setAttribute(state, "data-state", now.state);
  setText(sign, kStates[now.state]?.sign ?? "?");
  setText(word, now.state);
  setText(since, `since ${time(now.since)} (${duration(live.at - now.since)})${now.reason && ` · ${now.reason}`}`);
  setText(detail, now.detail);
  setText(button, now.state === "draining" ? "Undrain" : "Drain");
  setList(facts, factsOf(now, live.at), ([name]) => name, ([name]) => make("div", {}, make("dt", { text: name }), make("dd")),
    (element, [, value]) => setText(/** @type {Element} */ (element.lastElementChild), value));
  const read = (/** @type {import("./model.js").Live} */ at) => at.targets.get(key)?.buckets;
  draw(line, history.percentiles(read, 0.95), 0.001);
  const buckets = history.buckets(read);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => latency(percentile(buckets, live.bounds_seconds, part), live.bounds_seconds));
  const perSecond = now.requests === null ? "–" : rate(history.rate((at) => at.targets.get(key)?.requests));
  setText(latencies, `p50 ${p50} · p95 ${p95} · p99 ${p99} of the last 10 s; ${perSecond} requests/s`);
}

/**
 * @param {Target | undefined} of
 * @param {History} history
 */
export function openPanel(of, history) {
  if (!of) return;
  target = of;
  setText(byId("panel-title"), of.id);
  probes.replaceChildren();
  dialog.showModal();
  showPanel(history);
  loadProbes();
}
