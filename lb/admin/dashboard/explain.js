// @ts-check
// What becomes of a request: the decision of the running weir, step by step.

import { call } from "./api.js";
import { byId, make } from "./dom.js";
import { date } from "./format.js";

const form = /** @type {HTMLFormElement} */ (byId("explain"));
const output = byId("explanation");

/**
 * @param {any} certificate
 * @param {any} tls
 */
function certificateLine(certificate, tls) {
  const end = Date.parse(certificate.not_after) / 1000;
  const over = end <= Date.now() / 1000;
  const refused = over || (tls.server_name && !tls.by_name);
  const facts = [certificate.key_type, `${over ? "expired on" : "until"} ${date(end)}`,
    certificate.names.length ? `for ${certificate.names.join(", ")}` : "for no name", certificate.file];
  return make("li", { "data-level": refused ? "warn" : "ok" },
    make("span", { class: "sign", "aria-hidden": "true", text: refused ? "▲" : "✓" }),
    make("span", { text: `TLS ${tls.server_name ? `for ${tls.server_name}` : "without a server name"}: certificate ` }),
    make("b", { text: certificate.subject }), make("span", { text: ` · ${facts.join(" · ")} · ${tls.why}` }));
}

/** @param {any} rule */
function ruleLine(rule) {
  const failed = rule.failed;
  const why = failed
    ? `no: ${failed.condition}${failed.name ? ` ${failed.name}` : ""} is ${failed.seen ?? "absent"}, wanted ${failed.wanted}`
    : "matches";
  return make("li", { "data-level": failed ? "no" : "ok" },
    make("span", { class: "sign", "aria-hidden": "true", text: failed ? "–" : "✓" }),
    make("b", { text: rule.name }), make("span", { text: ` ${why}` }));
}

/** @param {any} target */
function targetLine(target) {
  const part = target.excluded
    ? `out: ${[target.excluded.reason, target.excluded.detail].filter(Boolean).join(", ")}`
    : `${Math.round(1000 * target.part) / 10} % of the requests`;
  return make("li", { "data-level": target.excluded ? "no" : "ok" },
    make("span", { class: "sign", "aria-hidden": "true", text: target.excluded ? "–" : "✓" }),
    make("b", { text: target.id }),
    make("span", { text: ` ${target.zone ?? ""} ${target.state} · ${part}${target.picked ? " · picked now" : ""}` }));
}

/** @param {any} group */
function groupPart(group) {
  const title = `Group ${group.name}${group.chosen ? "" : " (not chosen)"}: ${group.algorithm}` +
    (group.fail_open ? ", fails open" : "");
  return make("div", {}, make("h3", { text: title }), make("ul", { class: "steps" }, ...group.targets.map(targetLine)));
}

/** @param {any} sent */
function approach({ protocol, tls, proxy_protocol: header }) {
  const ways = [];
  if (protocol === "h2") ways.push("HTTP/2");
  if (tls) ways.push(`TLS with ${tls.server_name}${tls.verified ? "" : ", not verified"}`);
  if (header !== "off") ways.push(`a PROXY header ${header}`);
  return ways.length ? `, by ${ways.join(", ")}` : "";
}

/** @param {any} it */
function decision(it) {
  if (it.sent) {
    const { target, address, target_group: name } = it.sent;
    return `Goes to ${target}${address === target ? "" : ` (${address})`} of group ${name}${approach(it.sent)}`;
  }
  if (it.answer) return `weir answers ${it.answer.status}${it.answer.why ? `: ${it.answer.why}` : ""}`;
  return "Goes nowhere";
}

/** @param {any} it */
function show(it) {
  const listener = it.listener.name ? `Listener ${it.listener.name}${it.rule ? `, rule ${it.rule}` : ""}` : it.listener.why;
  output.replaceChildren(
    make("p", { class: "decision", text: decision(it) }),
    make("p", { class: "facts", text: `${listener}${it.action ? ` · ${it.action}` : ""}` }),
    make("ul", { class: "steps" },
      ...(it.tls?.certificates ?? []).map((/** @type {any} */ one) => certificateLine(one, it.tls)),
      ...it.rules.map(ruleLine),
      ...it.rewrites.map((/** @type {any} */ one) => make("li", { text: `rewrites the ${one.part}: ${one.from} → ${one.to}` })),
      ...it.notes.map((/** @type {string} */ note) => make("li", { text: note }))),
    ...it.target_groups.map(groupPart),
  );
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const url = /** @type {HTMLInputElement} */ (byId("explain-url")).value;
  const method = /** @type {HTMLSelectElement} */ (byId("explain-method")).value;
  try {
    show(await call("POST", "/api/v1/explain", { url, method }));
  } catch (error) {
    output.replaceChildren(make("p", { class: "problem", text: error instanceof Error ? error.message : String(error) }));
  }
});
