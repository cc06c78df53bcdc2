// @ts-check
// What an operator needs first: is it us or the targets, which zone, since when. Sentences without numbers that
// change every second: a screen reader reads each change aloud.

import { byId, make, setAttribute, setList, setText } from "./dom.js";
import { time } from "./format.js";
import { own5xx, targets5xx } from "./summary.js";

/**
 * @typedef {import("./history.js").History} History
 * @typedef {import("./model.js").Live} Live
 * @typedef {import("./model.js").Target} Target
 * @typedef {{ level: "bad" | "warn" | "info" | "ok", text: string, seen?: boolean }} Finding  seen: says since when
 */

const kSeconds = 10;
const kSigns = { bad: "✕", warn: "▲", info: "▽", ok: "✓" };
const kLevels = ["bad", "warn", "info", "ok"];

/** @type {Map<string, number>} when a finding was first seen */
const firstSeen = new Map();

/** @param {string[]} words */
function listed(words, most = 3) {
  const shown = words.slice(0, most).join(", ");
  return words.length > most ? `${shown} and ${words.length - most} more` : shown;
}

/**
 * The items that count most in the last seconds, the most first.
 * @template T
 * @param {T[]} items
 * @param {History} history
 * @param {(live: Live, item: T) => number | undefined} read
 */
function busiest(items, history, read) {
  return items
    .map((item) => ({ item, rate: history.rate((live) => read(live, item), kSeconds) }))
    .filter((one) => one.rate > 0)
    .sort((a, b) => b.rate - a.rate)
    .map((one) => one.item);
}

/**
 * @param {Live} live
 * @param {string} word
 */
const errorCount = (live, word) => live.listeners.reduce((sum, one) => sum + (one.errors[word] ?? 0), 0);

/**
 * @param {History} history
 * @param {Live} live
 * @returns {Finding[]}
 */
function errors(history, live) {
  /** @type {Finding[]} */
  const found = [];
  if (history.rate(own5xx, kSeconds) > 0) {
    const words = [...new Set(live.listeners.flatMap((one) => Object.keys(one.errors)))];
    const reasons = busiest(words, history, errorCount);
    found.push({ level: "bad", seen: true, text: `weir answers requests with errors itself: ${listed(reasons)}` });
  }
  if (history.rate(targets5xx, kSeconds) > 0) {
    const targets = busiest([...live.targets.values()], history, (at, one) => at.targets.get(one.key)?.responses_5xx);
    const zones = [...new Set(targets.map((one) => one.zone || "no zone"))];
    found.push({
      level: "bad", seen: true,
      text: `Targets answer with 5xx: ${listed(targets.map((one) => one.id))} in ${listed(zones)}`,
    });
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
    if (those.length === 0) return [];
    const reasons = [...new Set(those.map((target) => target.reason).filter(Boolean))];
    const since = Math.min(...those.map((target) => target.since));
    const why = reasons.length ? `: ${listed(reasons)}` : "";
    const who = those.length === 1 ? those[0].id : `${those.length} of ${all.length} targets`;
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
  const found = [...errors(history, live), ...groups(live)];
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
  const seen = found.filter((one) => one.seen).map((one) => one.text.split(":")[0]);
  for (const text of seen) if (!firstSeen.has(text)) firstSeen.set(text, now);
  for (const text of firstSeen.keys()) if (!seen.includes(text)) firstSeen.delete(text);
}

/** @param {Finding} one */
function sentence(one) {
  const since = one.seen ? firstSeen.get(one.text.split(":")[0]) : undefined;
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
