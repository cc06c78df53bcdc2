// @ts-check
// Numbers and times as an operator reads them.

/** @param {number} value */
export function rate(value) {
  if (value < 0.05) return "0";
  if (value < 10) return value.toFixed(1);
  return count(Math.round(value));
}

/** @param {number} value */
export function count(value) {
  if (value < 10_000) return String(value);
  if (value < 1e6) return `${(value / 1e3).toFixed(1)} k`;
  if (value < 1e9) return `${(value / 1e6).toFixed(1)} M`;
  return `${(value / 1e9).toFixed(1)} G`;
}

/** @param {number} perSecond */
export function bytes(perSecond) {
  for (const [size, unit] of /** @type {[number, string][]} */ ([[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]])) {
    if (perSecond >= size) return `${(perSecond / size).toFixed(1)} ${unit}/s`;
  }
  return `${Math.round(perSecond)} B/s`;
}

/**
 * @param {number | null} seconds Infinity: above the last of the bounds
 * @param {number[]} [bounds]
 * @returns {string}
 */
export function latency(seconds, bounds = []) {
  if (seconds === null) return "–";
  if (seconds === Infinity) return bounds.length ? `> ${latency(bounds[bounds.length - 1])}` : "–";
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 0.01) return `${(seconds * 1e3).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1e3)} ms`;
  return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
}

/** @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** Of all times of the page: "UTC+1". */
export function timeZone() {
  const minutes = -new Date().getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "−" : "+"}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

/**
 * The day, as others read it too: "2027-01-31". Of UTC, as certificates have it.
 * @param {number} seconds since 1970
 */
export const date = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);

/**
 * The time of day, with the date if it is another day.
 * @param {number} seconds since 1970
 */
export function time(seconds) {
  const date = new Date(seconds * 1000);
  const today = date.toDateString() === new Date().toDateString();
  return today ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`;
}

/** @param {string[]} words */
export function listed(words, most = 3) {
  const shown = words.slice(0, most).join(", ");
  return words.length > most ? `${shown} and ${words.length - most} more` : shown;
}
