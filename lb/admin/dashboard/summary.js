// @ts-check
// The numbers at the top, each with its last minute.

import { byId, make, setText } from "./dom.js";
import { count, latency, rate, time } from "./format.js";
import { percentile, sumOf } from "./history.js";
import { failureText, kFailures } from "./model.js";
import { draw, sparkline } from "./sparkline.js";

/**
 * @typedef {import("./history.js").History} History
 * @typedef {import("./model.js").Live} Live
 */

/** Of what is said about errors: the same everywhere, or the page contradicts itself. */
export const kErrorSeconds = 10;

/** @param {Live} live */
const requests = (live) => live.listeners.reduce((sum, one) => sum + one.responses.reduce((a, b) => a + b, 0), 0);
/**
 * @param {Live} live
 * @param {string} word
 */
const failures = (live, word) => live.listeners.reduce((sum, one) => sum + (one.errors[word] ?? 0), 0);
/**
 * @param {Live} live
 * @param {string} word
 */
const retries = (live, word) => live.target_groups.reduce((sum, one) => sum + (one.retries[word] ?? 0), 0);
/** @param {Record<string, number>} counts */
const total = (counts) => Object.values(counts).reduce((sum, one) => sum + one, 0);

/** @param {string} word */
const isTargetsFault = (word) => ["silent", "broken"].includes(kFailures[word]?.whose);
/** @param {Live} live */
const answered5xx = (live) => live.listeners.reduce((sum, one) => sum + one.own_5xx, 0);
/**
 * What weir answered with 5xx for want of an answer of a target.
 * @param {Live} live
 */
export const failedTargets = (live) =>
  Object.keys(kFailures).filter(isTargetsFault).reduce((sum, word) => sum + failures(live, word), 0);
/** @param {Live} live */
export const ownErrors = (live) => answered5xx(live) - failedTargets(live);
/**
 * Calls of gRPC that failed with no 5xx.
 * @param {Live} live
 * @param {"target" | "weir"} by
 * @param {(route: Live["routes"][number]) => boolean} [of]
 */
const grpcFailures = (live, by, of = () => true) =>
  live.routes.filter(of).reduce((sum, route) => sum + (route[3][by] ?? 0), 0);
/**
 * Of weir's own errors those of calls are no 5xx.
 * @param {Live} live
 */
export const targets5xx = (live) => live.listeners.reduce((sum, one) => {
  const own = one.own_5xx - grpcFailures(live, "weir", (route) => route[0] === one.name);
  return sum + Math.max(0, one.responses[4] - own);
}, 0);
/**
 * Calls that targets answered with a status of gRPC by which they failed.
 * @param {Live} live
 * @param {string} [group]
 */
const failedCalls = (live, group) => grpcFailures(live, "target", (route) => (group ?? route[1]) === route[1]);
/** @param {Live} live */
const targetErrors = (live) => targets5xx(live) + failedCalls(live) + failedTargets(live);
/** @param {Live} live */
export const retried = (live) => live.target_groups.reduce((sum, one) => sum + total(one.retries), 0);

/**
 * The reasons that counted some of late, in an order that stays: they are read aloud when they change.
 * @param {History} history
 * @param {string[]} words
 * @param {(live: Live, word: string) => number} read
 */
const ofLate = (history, words, read) =>
  [...new Set(words)].filter((word) => history.rate((live) => read(live, word), kErrorSeconds) > 0);

/**
 * Why requests failed of late, of what is 5xx.
 * @param {History} history
 */
export function reasonsOf(history) {
  const words = ofLate(history, Object.keys(kFailures), failures);
  return { targets: words.filter(isTargetsFault), weir: words.filter((word) => !isTargetsFault(word)) };
}

/**
 * Whose targets failed calls of late.
 * @param {History} history
 */
export const groupsOfFailedCalls = (history) => [...new Set(history.newest?.routes.map((route) => route[1]))]
  .filter((group) => history.rate((live) => failedCalls(live, group), kErrorSeconds) > 0);

/** @param {History} history */
export const retryReasons = (history) =>
  ofLate(history, history.newest?.target_groups.flatMap((group) => Object.keys(group.retries)) ?? [], retries);

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
  const more = make("span", { class: "detail" });
  const line = sparkline();
  const element = make("div", { class: `card ${kind}` }, make("dt", { text: label, title: note }),
    make("dd", {}, value, detail, more, line));
  byId("summary").append(element);
  return { value, detail, more, line, element, last: 0 };
}

const cards = {
  requests: card("Requests", "answered by all listeners"),
  own: card("Errors by weir", "5xx, and failed gRPC calls, that are not the targets' fault: no target can serve, queue full, weir is stopping", "error"),
  targets: card("Errors by targets", "5xx that targets answered, gRPC calls that they failed, and weir's own errors for targets that do not answer", "error"),
  retried: card("Retried", "attempts that failed and were sent again: unless all attempts failed, the user saw no error"),
  latency: card("Latency, last 10 s", "from the first byte of the request to the last of the response"),
  connections: card("Connections", "of clients, open now"),
};

/** @param {History} history */
function showLatency(history) {
  const buckets = history.buckets(durations);
  const bounds = history.newest?.bounds_seconds ?? [];
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => latency(percentile(buckets, bounds, part), bounds));
  setText(cards.latency.value, `p50 ${p50}`);
  setText(cards.latency.detail, `p95 ${p95} · p99 ${p99}`);
  setText(cards.latency.more, "line: p99 of each second");
  draw(cards.latency.line, history.percentiles(durations, 0.99), 0.001);
}

/**
 * @param {ReturnType<typeof card>} shown
 * @param {Live} live
 * @param {History} history
 * @param {(live: Live) => number} read
 * @param {string[]} reasons
 */
function showFailures(shown, live, history, read, reasons) {
  const now = history.rate(read, kErrorSeconds);
  const all = history.rate(requests, kErrorSeconds);
  const each = rates(history, read);
  if ((each.at(-1) ?? 0) > 0) shown.last = live.at;
  const sum = read(live);
  setText(shown.value, `${rate(now)} /s`);
  setText(shown.detail, sum === 0 ? "none" : `${count(sum)} in all${shown.last ? `, last ${time(shown.last)}` : ""}`);
  const part = all > 0 ? `${((100 * now) / all).toFixed(1)} % of requests` : "";
  setText(shown.more, now > 0 ? [part, ...reasons].filter(Boolean).join(", ") : "");
  shown.element.classList.toggle("hot", now > 0 && shown.element.classList.contains("error"));
  draw(shown.line, each);
}

/** @param {History} history */
export function showSummary(history) {
  const live = history.newest;
  if (!live) return;
  const perSecond = history.rate(requests);
  setText(cards.requests.value, `${rate(perSecond)} /s`);
  setText(cards.requests.detail, `${count(requests(live))} in all`);
  draw(cards.requests.line, rates(history, requests));
  const reasons = reasonsOf(history);
  const answers = [];
  if (history.rate(targets5xx, kErrorSeconds) > 0) answers.push("5xx of their own");
  if (history.rate(failedCalls, kErrorSeconds) > 0) answers.push("failed gRPC calls");
  showFailures(cards.own, live, history, ownErrors, reasons.weir.map(failureText));
  showFailures(cards.targets, live, history, targetErrors, [...reasons.targets.map(failureText), ...answers]);
  showFailures(cards.retried, live, history, retried, retryReasons(history).map(failureText));
  showLatency(history);
  setText(cards.connections.value, count(connections(live)));
  setText(cards.connections.detail, `${count(websockets(live))} WebSockets`);
  draw(cards.connections.line, history.series(connections), 4);
}
