// @ts-check
// The table of listeners, each with its rules below it.

import { byId, make, setAttribute, setList, setText } from "./dom.js";
import { bytes, count, date, rate } from "./format.js";

/**
 * @typedef {import("./history.js").History} History
 * @typedef {import("./model.js").Live} Live
 * @typedef {import("./model.js").Listener} Listener
 * @typedef {{ key: string, name: string, note: string, cells: string[], rule: boolean, hot: boolean }} Row
 */

const kColumns = 11;

/**
 * @param {Live} live
 * @param {string} name
 */
const find = (live, name) => live.listeners.find((one) => one.name === name);

/**
 * What it speaks, where, and until when.
 * @param {Listener} listener
 */
function noteOf(listener) {
  const spoken = [listener.protocol, listener.http2 && "h2", listener.proxy_protocol && "PROXY",
    listener.client_auth && `client certificate ${listener.client_auth}`].filter(Boolean).join(" + ");
  const until = listener.certificate ? [`certificate until ${date(listener.certificate.expires)}`] : [];
  return [spoken, listener.binds.join(", "), ...until].join(" · ");
}

/**
 * @param {Listener} listener
 * @param {History} history
 * @returns {Row}
 */
function listenerRow(listener, history) {
  const per = (/** @type {(one: Listener) => number} */ read) =>
    history.rate((live) => {
      const found = find(live, listener.name);
      return found && read(found);
    });
  const classes = [1, 2, 3, 4].map((i) => rate(per((one) => one.responses[i])));
  const own = per((one) => one.own_5xx);
  return {
    key: `l\n${listener.name}`, name: listener.name, note: noteOf(listener), rule: false, hot: own > 0,
    cells: [rate(per((one) => one.responses.reduce((a, b) => a + b, 0))), ...classes, rate(own),
      count(listener.connections), listener.handshakes ? rate(per((one) => one.handshakes?.failed ?? 0)) : "–",
      count(listener.websockets), bytes(per((one) => one.received_bytes)),
      bytes(per((one) => one.sent_bytes))],
  };
}

/**
 * @param {[string, string, number]} rule
 * @param {History} history
 * @returns {Row}
 */
function ruleRow([listener, name, total], history) {
  const perSecond = history.rate((live) => live.rules.find((one) => one[0] === listener && one[1] === name)?.[2]);
  return { key: `r\n${listener}\n${name}`, name, note: `${count(total)} in all`, cells: [rate(perSecond)], rule: true, hot: false };
}

/** @param {Row} row */
function element(row) {
  const header = make("th", { scope: "row" }, make("span", { class: "name", text: row.name }), make("span", { class: "note" }));
  const cells = row.cells.map(() => make("td", { class: "number" }));
  if (row.rule) cells.push(make("td", { colspan: kColumns - 1 }));
  return make("tr", { class: row.rule ? "rule" : "" }, header, ...cells);
}

/**
 * @param {HTMLElement} line
 * @param {Row} row
 */
function update(line, row) {
  setText(/** @type {Element} */ (line.querySelector(".note")), row.note);
  row.cells.forEach((cell, i) => setText(line.children[i + 1], cell));
  setAttribute(line, "data-hot", row.hot);
}

/** @param {History} history */
export function showListeners(history) {
  const live = history.newest;
  if (!live) return;
  const rows = live.listeners.flatMap((listener) => [
    listenerRow(listener, history),
    ...live.rules.filter((rule) => rule[0] === listener.name).map((rule) => ruleRow(rule, history)),
  ]);
  setList(byId("listeners"), rows, (row) => row.key, element, update);
}
