// @ts-check
// What an operator needs first: is it us or the targets, which zone, since when. Sentences without numbers that
// change every second: a screen reader reads each change aloud.

import { byId, make, setAttribute, setList, setText } from "./dom.js";
import { date, listed, time } from "./format.js";
import { failureText, kFailures } from "./model.js";
import { failedTargets, groupsOfFailedCalls, kErrorSeconds, ownErrors, reasonsOf, retried, retryReasons, targets5xx } from "./summary.js";

/**
 * @typedef {import("./history.js").History} History
 * @typedef {import("./model.js").Live} Live
 * @typedef {import("./model.js").Target} Target
 * @typedef {{ level: "bad" | "warn" | "info" | "ok", text: string, seen?: string }} Finding  seen: what it is, to say
 *   since when
 */

const kSigns = { bad: "✕", warn: "▲", info: "▽", ok: "✓" };
const kLevels = ["bad", "warn", "info", "ok"];

// Days before its end by which a certificate should be renewed, and by which it must be.
const kRenew = 14;
const kUrgent = 2;

/** @type {Map<string, number>} when a finding was first seen */
const firstSeen = new Map();

/**
 * The targets that counted some of late: "app-1, app-2 in az-1", in an order that stays. Empty: they are counted with
 * others.
 * @param {History} history
 * @param {Live} live
 * @param {"responses_5xx" | "connection_errors"} what
 */
function culprits(history, live, what) {
  const targets = [...live.targets.values()]
    .filter((target) => history.rate((at) => at.targets.get(target.key)?.[what], kErrorSeconds) > 0);
  const zones = [...new Set(targets.map((one) => one.zone || "no zone"))];
  return targets.length ? `${listed(targets.map((one) => one.id))} in ${listed(zones)}` : "";
}

/**
 * What becomes of the requests of targets that fail for these reasons.
 * @param {string[]} words
 */
function consequence(words) {
  const statuses = [...new Set(words.map((word) => kFailures[word].status))].sort().join(" or ");
  const cut = words.some((word) => kFailures[word].whose === "broken") ? ", or cuts the answer off" : "";
  return `weir answers ${statuses} for them${cut}`;
}

/**
 * @param {History} history
 * @param {Live} live
 * @returns {Finding[]}
 */
function errors(history, live) {
  /** @type {Finding[]} */
  const found = [];
  const { weir, targets } = reasonsOf(history);
  const happens = (/** @type {(live: Live) => number} */ read) => history.rate(read, kErrorSeconds) > 0;
  if (happens(failedTargets)) {
    const what = targets.some((word) => kFailures[word].whose === "silent") ? "do not answer" : "answer wrongly";
    const facts = [culprits(history, live, "connection_errors"), consequence(targets)].filter(Boolean).join("; ");
    found.push({ level: "bad", seen: "failed targets", text: `Targets ${what} (${listed(targets.map(failureText))}): ${facts}` });
  }
  if (happens(targets5xx)) {
    const who = culprits(history, live, "responses_5xx");
    found.push({ level: "bad", seen: "5xx", text: `Targets answer with 5xx${who && `: ${who}`}` });
  }
  const failing = listed(groupsOfFailedCalls(history));
  if (failing) found.push({ level: "bad", seen: "failed calls", text: `Targets answer gRPC calls with errors: group ${failing}` });
  if (happens(ownErrors)) {
    const why = weir.length ? `: ${listed(weir.map(failureText))}` : "";
    found.push({ level: "bad", seen: "own errors", text: `weir answers requests with errors itself${why}` });
  }
  if (happens(retried)) {
    const saw = found.length === 0 ? ", and no user saw an error" : "";
    const why = listed(retryReasons(history).map(failureText));
    found.push({ level: "info", seen: "retried", text: `Attempts failed (${why}): weir sent the requests again${saw}` });
  }
  return found;
}

/**
 * @param {Live} live
 * @returns {Finding[]}
 */
function groups(live) {
  return live.target_groups.filter((group) => group.in_use).flatMap((group) => {
    /** @type {Finding[]} */
    const found = [];
    if (group.ready && !group.can_serve) found.push({ level: "bad", text: `Group ${group.name} has no target that can serve` });
    else if (group.fail_open) {
      found.push({ level: "bad", text: `Group ${group.name} fails open: ${group.healthy} of ${group.counted} are healthy, all get requests` });
    }
    for (const name of group.names) {
      if (name.result !== "ok") found.push({ level: "warn", text: `Group ${group.name}: DNS name ${name.name}: ${name.result} ${name.reason}` });
    }
    return found;
  });
}

/**
 * @param {Live} live
 * @returns {Finding[]}
 */
function certificates(live) {
  return live.listeners.flatMap((listener) => {
    const one = listener.certificate;
    if (!one) return [];
    const days = (one.expires - live.at) / 86_400;
    if (days >= kRenew) return [];
    const ends = days > 0 ? `expires on ${date(one.expires)}` : `has expired on ${date(one.expires)}`;
    return [{ level: days < kUrgent ? "bad" : "warn", text: `Listener ${listener.name}: certificate ${one.subject} ${ends}` }];
  });
}

/**
 * One sentence for each zone and state.
 * @param {Live} live
 * @param {string} state
 * @param {Finding["level"]} level
 * @returns {Finding[]}
 */
function zones(live, state, level) {
  /** @type {Map<string, Target[]>} */
  const byZone = new Map();
  for (const target of live.targets.values()) byZone.set(target.zone, [...(byZone.get(target.zone) ?? []), target]);
  return [...byZone].flatMap(([zone, all]) => {
    const those = all.filter((target) => target.state === state);
    const used = all.filter((target) => target.state !== "unused");
    if (those.length === 0) return [];
    const reasons = [...new Set(those.map((target) => target.reason).filter(Boolean))];
    const since = Math.min(...those.map((target) => target.since));
    const why = reasons.length ? `: ${listed(reasons)}` : "";
    const who = those.length === 1 ? those[0].id : `${those.length} of ${used.length} targets`;
    return [{ level, text: `${zone ? `Zone ${zone}` : "No zone"}: ${who} ${state} since ${time(since)}${why}` }];
  });
}

/**
 * @param {History} history
 * @param {Live} live
 * @returns {Finding[]}
 */
function findings(history, live) {
  /** @type {Finding[]} */
  const found = [...errors(history, live), ...groups(live), ...certificates(live)];
  found.push(...zones(live, "unhealthy", "bad"), ...zones(live, "ejected", "warn"), ...zones(live, "draining", "info"));
  for (const shift of live.zone_shifts) {
    const why = shift.reason ? `: ${shift.reason}` : "";
    found.push({ level: "info", text: `Zone ${shift.zone} is shifted away since ${time(shift.since)}, until ${time(shift.until)}${why}` });
  }
  if (!live.config.last_reload_succeeded) {
    found.push({ level: "warn", text: "The last reload was refused: the configuration before it is in force" });
  }
  if (!found.some((one) => one.level === "bad" || one.level === "warn")) {
    const waiting = [...live.targets.values()].filter((target) => target.state === "initial").length;
    const text = waiting ? `No errors; ${waiting} targets wait for their first check` : "No errors, and no target is unhealthy";
    found.push({ level: "ok", text });
  }
  return found.sort((a, b) => kLevels.indexOf(a.level) - kLevels.indexOf(b.level));
}

/**
 * @param {Finding[]} found
 * @param {number} now
 */
function remember(found, now) {
  const seen = found.flatMap((one) => one.seen ?? []);
  for (const text of seen) if (!firstSeen.has(text)) firstSeen.set(text, now);
  for (const text of firstSeen.keys()) if (!seen.includes(text)) firstSeen.delete(text);
}

/** @param {Finding} one */
function sentence(one) {
  const since = one.seen ? firstSeen.get(one.seen) : undefined;
  return since ? `${one.text}; seen here since ${time(since)}` : one.text;
}

/** @param {History} history */
export function showVerdict(history) {
  const live = history.newest;
  if (!live) return;
  const found = findings(history, live);
  remember(found, live.at);
  setAttribute(byId("verdict"), "data-level", found[0].level);
  setList(byId("findings"), found, sentence, (one) =>
    make("li", { "data-level": one.level }, make("span", { class: "sign", "aria-hidden": "true", text: kSigns[one.level] }),
      make("span", { text: sentence(one) })));
  document.title = found[0].level === "bad" ? "✕ weir" : "weir";
}

/** @param {string} text */
export function showLastChange(text) {
  setText(byId("last-change"), text);
}
