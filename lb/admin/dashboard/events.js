// @ts-check
// What happened: all events, and those that changed the configuration, newest first.

import { byId, make } from "./dom.js";
import { time } from "./format.js";
import { Stream } from "./stream.js";
import { showLastChange } from "./verdict.js";

/**
 * @typedef {{ number: number, at: string, kind: string, target_group: string, target: string, zone: string,
 *   from: string, to: string, reason: string, detail: string }} WeirEvent
 */

const kMost = 200;
const kQuiet = 500;
const kChanges = ["reload", "upgrade", "shift", "drain", "membership"];
const kConfiguration = ["reload", "upgrade"];

/** @param {WeirEvent} event */
function subject(event) {
  const place = [event.target_group, event.target].filter(Boolean).join(" ");
  const zone = event.zone && (place ? ` (${event.zone})` : `zone ${event.zone}`);
  return place + zone;
}

/** @param {WeirEvent} event */
const change = (event) => [event.from, event.to].filter(Boolean).join(" → ");

/** @param {WeirEvent} event */
function level(event) {
  const opens = event.kind === "fail_open" && !event.from;
  if (opens || ["unhealthy", "refused", "rollback_failed"].includes(event.to)) return "bad";
  if (["ejected", "draining", "shifted", "rolled_back"].includes(event.to)) return "warn";
  return "ok";
}

/** @param {WeirEvent} event */
function line(event) {
  const seconds = Date.parse(event.at) / 1000;
  const what = [subject(event), change(event)].filter(Boolean).join(": ");
  const why = [event.reason, event.detail].filter(Boolean).join(": ");
  return make("li", { "data-level": level(event) },
    make("time", { datetime: event.at, text: time(seconds) }),
    make("span", { class: "kind", text: event.kind }),
    make("span", { class: "what", text: what }),
    ...(why ? [make("span", { class: "why", text: why })] : []));
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} item
 */
function put(list, item) {
  list.querySelector(".none")?.remove();
  list.prepend(item);
  while (list.children.length > kMost) list.lastElementChild?.remove();
}

/** @param {WeirEvent} event */
function take(event) {
  put(byId("events"), line(event));
  if (kConfiguration.includes(event.kind)) put(byId("reloads"), line(event));
  if (kChanges.includes(event.kind)) {
    const words = [event.kind, subject(event), change(event)].filter(Boolean).join(" ");
    const why = [event.reason, event.detail].filter(Boolean).join(": ");
    showLastChange(`Last change: ${time(Date.parse(event.at) / 1000)} ${words}${why && `, ${why}`}`);
  }
}

/**
 * What is new, every few seconds: a browser has six connections for a server, and a stream that stays open keeps one
 * of them. So this one ends as soon as all has come.
 */
export function followEvents() {
  for (const list of ["events", "reloads"]) byId(list).append(make("li", { class: "none", text: "None so far." }));
  return new Stream("/api/v1/events", { take, after: "0", silence: kQuiet });
}
