// @ts-check
// The map: a column for each zone, a tile for each target.

import { shift, unshift } from "./actions.js";
import { byId, make, setAttribute, setList, setText } from "./dom.js";
import { count, rate, time } from "./format.js";
import { failureText, kStates } from "./model.js";

/**
 * @typedef {import("./history.js").History} History
 * @typedef {import("./model.js").Live} Live
 * @typedef {import("./model.js").Group} Group
 * @typedef {import("./model.js").Target} Target
 * @typedef {{ name: string, targets: Target[] }} Zone
 */

const kManyTargets = 150;

byId("legend").append(
  ...Object.entries(kStates).map(([state, { sign }]) =>
    make("li", { "data-state": state }, make("span", { class: "sign", text: sign, "aria-hidden": "true" }), make("span", { text: state }))),
);

/**
 * @param {Element} parent
 * @param {string} part
 */
const within = (parent, part) => /** @type {HTMLElement} */ (parent.querySelector(`.${part}`));

// --- targets

/**
 * @param {Target} target
 * @param {(key: string) => void} open
 */
function tile(target, open) {
  const bar = make("span", { class: "bar", "aria-hidden": "true" }, make("span"));
  return make("li", {},
    make("button", { type: "button", class: "tile", onclick: () => open(target.key) },
      make("span", { class: "sign", "aria-hidden": "true" }),
      make("span", { class: "name" }, make("bdi", { dir: "ltr", text: target.id })),
      make("span", { class: "state" }), make("span", { class: "load" }), bar));
}

/**
 * @param {HTMLElement} item
 * @param {Target} target
 * @param {History} history
 * @param {number} most
 */
function updateTile(item, target, history, most) {
  const button = /** @type {HTMLElement} */ (item.firstElementChild);
  const perSecond = history.rate((live) => live.targets.get(target.key)?.requests);
  setAttribute(button, "data-state", target.state);
  setAttribute(button, "title", [target.id, target.address, target.state].filter((word, i, all) => all.indexOf(word) === i).join(" · "));
  setAttribute(button, "data-idle", target.part === 0);
  setText(within(button, "sign"), kStates[target.state]?.sign ?? "?");
  setText(within(button, "state"), target.state);
  const load = target.requests === null ? "–, counted with others" : `${rate(perSecond)}/s`;
  setText(within(button, "load"), `${load} · ${target.outstanding} in flight`);
  const part = target.outstanding / (target.max_requests ?? most);
  /** @type {HTMLElement} */ (within(button, "bar").firstElementChild).style.width = `${Math.min(100, 100 * part)}%`;
}

// --- zones

/** @param {Zone} zone */
function column(zone) {
  const label = zone.name || "no zone";
  const button = make("button", { type: "button", class: "quiet shift" });
  button.addEventListener("click", () => (button.dataset.shifted ? unshift(zone.name) : shift(zone.name)));
  return make("section", { class: "zone", "aria-label": zone.name ? `Zone ${label}` : "Targets without a zone" },
    make("div", { class: "heading" }, make("h3", { text: label }), ...(zone.name ? [button] : [])),
    make("p", { class: "facts" }), make("p", { class: "shifted" }), make("div", { class: "in-zone" }));
}

/**
 * @param {HTMLElement} element
 * @param {Zone} zone
 * @param {History} history
 */
function updateFacts(element, zone, history) {
  const live = /** @type {Live} */ (history.newest);
  const counted = zone.targets.filter((target) => target.requests !== null);
  const sum = (/** @type {Live} */ at, /** @type {"requests" | "responses_5xx"} */ what) =>
    counted.reduce((all, one) => all + (at.targets.get(one.key)?.[what] ?? one[what] ?? 0), 0);
  const used = zone.targets.filter((target) => target.state !== "unused");
  const healthy = used.filter((target) => target.state === "healthy").length;
  const requests = history.rate((at) => sum(at, "requests"));
  const errors = history.rate((at) => sum(at, "responses_5xx"));
  const others = zone.targets.length - counted.length;
  const states = used.length ? `${healthy} of ${used.length} healthy` : "unused";
  setText(within(element, "facts"), `${states} · ${rate(requests)}/s` +
    (others ? ` without ${others} counted with others` : "") + (errors > 0 ? ` · ${rate(errors)}/s are 5xx` : ""));
  const shifted = live.zone_shifts.find((one) => one.zone === zone.name);
  setAttribute(element, "data-shifted", Boolean(shifted));
  setText(within(element, "shifted"), shifted ? `⇥ shifted away until ${time(shifted.until)}${shifted.reason && `: ${shifted.reason}`}` : "");
  const button = element.querySelector(".shift");
  if (button) {
    setAttribute(button, "data-shifted", Boolean(shifted) && "yes");
    setText(button, shifted ? "Take back" : "Shift away");
    setAttribute(button, "aria-label", shifted ? `Take zone ${zone.name} back` : `Shift zone ${zone.name} away`);
  }
}

/**
 * @param {Live} live
 * @returns {Zone[]}
 */
function zonesOf(live) {
  /** @type {Map<string, Target[]>} */
  const zones = new Map();
  for (const target of live.targets.values()) {
    const known = zones.get(target.zone);
    if (known) known.push(target);
    else zones.set(target.zone, [target]);
  }
  return [...zones].map(([name, targets]) => ({ name, targets })).sort((a, b) => a.name.localeCompare(b.name));
}

/** @param {Target} target */
const rank = (target) => kStates[target.state]?.rank ?? 0;

/**
 * Of many targets only the first are in sight: those that are not well.
 * @param {Zone} zone
 * @param {string} group
 * @param {boolean} many
 */
function targetsOf(zone, group, many) {
  const targets = zone.targets.filter((target) => target.group === group);
  return many ? targets.sort((a, b) => rank(a) - rank(b)) : targets;
}

/**
 * @param {HTMLElement} element
 * @param {Zone} zone
 * @param {History} history
 * @param {number} most
 * @param {(key: string) => void} open
 */
function updateColumn(element, zone, history, most, open) {
  updateFacts(element, zone, history);
  const groups = [...new Set(zone.targets.map((target) => target.group))];
  const several = (history.newest?.target_groups.length ?? 0) > 1;
  const many = (history.newest?.targets.size ?? 0) > kManyTargets;
  setList(within(element, "in-zone"), groups, (group) => group,
    (group) => make("div", { class: "group" }, ...(several ? [make("h4", { text: group })] : []), make("ul", { class: "tiles" })),
    (part, group) => setList(within(part, "tiles"), targetsOf(zone, group, many),
      (target) => target.key, (target) => tile(target, open), (item, target) => updateTile(item, target, history, most)));
}

/** @param {Group} group */
function groupFacts(group) {
  if (!group.in_use) return "no listener forwards to it";
  const facts = [group.algorithm.replaceAll("_", " "), `${group.healthy} of ${group.counted} healthy`];
  if (!group.ready) facts.push("waits for its first checks");
  else if (!group.can_serve) facts.push("CANNOT SERVE");
  else if (group.fail_open) facts.push("FAILS OPEN");
  if (group.queue_length) facts.push(`${group.queue_length} queued`);
  const retries = Object.entries(group.retries).sort((a, b) => b[1] - a[1]);
  const retried = retries.reduce((sum, one) => sum + one[1], 0);
  if (retried) facts.push(`${count(retried)} retried (${retries.map(([word]) => failureText(word)).join(", ")})`);
  return facts.join(" · ");
}

/**
 * @param {History} history
 * @param {(key: string) => void} open called with the key of a target
 */
export function showZones(history, open) {
  const live = history.newest;
  if (!live) return;
  setList(byId("groups"), live.target_groups, (group) => group.name,
    (group) => make("p", {}, make("b", { text: group.name }), make("span", { class: "facts" })),
    (element, group) => setText(within(element, "facts"), groupFacts(group)));
  const most = Math.max(10, ...[...live.targets.values()].map((target) => target.outstanding));
  setAttribute(byId("zones"), "data-many", live.targets.size > kManyTargets);
  setList(byId("zones"), zonesOf(live), (zone) => zone.name, column,
    (element, zone) => updateColumn(element, zone, history, most, open));
}
