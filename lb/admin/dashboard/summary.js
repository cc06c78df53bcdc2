// @ts-check
// The numbers at the top, each with its last minute.

import { byId, make, setText } from "./dom.js";
import { count, latency, rate } from "./format.js";
import { percentile, sumOf } from "./history.js";
import { draw, sparkline } from "./sparkline.js";

/**
 * @typedef {import("./history.js").History} History
 * @typedef {import("./model.js").Live} Live
 */

/** @param {Live} live */
const requests = (live) => live.listeners.reduce((sum, one) => sum + one.responses.reduce((a, b) => a + b, 0), 0);
/** @param {Live} live */
export const own5xx = (live) => live.listeners.reduce((sum, one) => sum + one.own_5xx, 0);
/** @param {Live} live */
export const targets5xx = (live) =>
  live.listeners.reduce((sum, one) => sum + Math.max(0, one.responses[4] - one.own_5xx), 0);
/** @param {Live} live */
const durations = (live) => sumOf(live.routes.map((route) => route[2]));
/** @param {Live} live */
const connections = (live) => live.listeners.reduce((sum, one) => sum + one.connections, 0);
/** @param {Live} live */
const websockets = (live) => live.listeners.reduce((sum, one) => sum + one.websockets, 0);

/**
 * @param {History} history
 * @param {(live: Live) => number} read
 */
const rates = (history, read) =>
  history.series((now, before, seconds) => Math.max(0, read(now) - read(before)) / seconds);

/**
 * @param {string} label
 * @param {string} note what it means
 */
function card(label, note, kind = "") {
  const value = make("span", { class: "value", text: "–" });
  const detail = make("span", { class: "detail" });
  const line = sparkline();
  byId("summary").append(
    make("div", { class: `card ${kind}` }, make("dt", { text: label, title: note }), make("dd", {}, value, detail, line)),
  );
  return { value, detail, line, element: /** @type {HTMLElement} */ (byId("summary").lastElementChild) };
}

const cards = {
  requests: card("Requests", "answered by all listeners"),
  own: card("Errors by weir", "5xx that weir answers itself: no target, refused, timed out, queue full", "error"),
  targets: card("Errors by targets", "5xx that targets answered and weir passed on", "error"),
  latency: card("Latency, last 10 s", "from the first byte of the request to the last of the response"),
  connections: card("Connections", "of clients, open now"),
};

/** @param {History} history */
function showLatency(history) {
  const buckets = history.buckets(durations);
  const bounds = history.newest?.bounds_seconds ?? [];
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => latency(percentile(buckets, bounds, part)));
  setText(cards.latency.value, `p50 ${p50}`);
  setText(cards.latency.detail, `p95 ${p95} · p99 ${p99}`);
  draw(cards.latency.line, history.percentiles(durations, 0.99), 0.001);
}

/**
 * @param {ReturnType<typeof card>} shown
 * @param {History} history
 * @param {(live: Live) => number} read
 * @param {string} detail
 */
function showErrors(shown, history, read, detail) {
  const now = history.rate(read);
  setText(shown.value, `${rate(now)} /s`);
  setText(shown.detail, now > 0 ? detail : "none");
  shown.element.classList.toggle("hot", now > 0);
  draw(shown.line, rates(history, read));
}

/** @param {History} history */
export function showSummary(history) {
  const live = history.newest;
  if (!live) return;
  const perSecond = history.rate(requests);
  setText(cards.requests.value, `${rate(perSecond)} /s`);
  setText(cards.requests.detail, `${count(requests(live))} in all`);
  draw(cards.requests.line, rates(history, requests));
  const part = (/** @type {(live: Live) => number} */ read) =>
    `${perSecond > 0 ? ((100 * history.rate(read)) / perSecond).toFixed(1) : 0} % of all`;
  showErrors(cards.own, history, own5xx, part(own5xx));
  showErrors(cards.targets, history, targets5xx, part(targets5xx));
  showLatency(history);
  setText(cards.connections.value, count(connections(live)));
  setText(cards.connections.detail, `${count(websockets(live))} WebSockets`);
  draw(cards.connections.line, history.series(connections), 4);
}
