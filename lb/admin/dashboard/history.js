// @ts-check
// What happened between two messages: rates and percentiles by differences of counters, which never go back but when
// weir starts anew.

/** @typedef {import("./model.js").Live} Live */

const kSeconds = 60;
const kManyTargets = 500;
const kFewSeconds = 10;

/**
 * @param {number[]} now
 * @param {number[]} before
 */
function difference(now, before) {
  return now.map((value, i) => Math.max(0, value - (before[i] ?? 0)));
}

/** @param {number[][]} lists */
export function sumOf(lists) {
  /** @type {number[]} */
  const sum = [];
  for (const list of lists) list.forEach((value, i) => (sum[i] = (sum[i] ?? 0) + value));
  return sum;
}

/**
 * The latency that a part of what the buckets count stays under, straight between a bucket's bounds; null: they are
 * empty.
 * @param {number[]} buckets
 * @param {number[]} bounds
 * @param {number} part
 */
export function percentile(buckets, bounds, part) {
  const total = buckets.reduce((sum, value) => sum + value, 0);
  if (total === 0) return null;
  let left = total * part;
  for (let i = 0; i < buckets.length; ++i) {
    if (buckets[i] >= left && buckets[i] > 0) {
      if (i >= bounds.length) return Infinity;
      const from = i === 0 ? 0 : bounds[i - 1];
      return from + (bounds[i] - from) * (left / buckets[i]);
    }
    left -= buckets[i];
  }
  return Infinity;
}

/** The last messages, newest last. */
export class History {
  /** @type {Live[]} */
  #messages = [];

  /** @param {Live} live */
  add(live) {
    const last = this.#messages.at(-1);
    if (last && (last.pid !== live.pid || last.clock >= live.clock)) this.#messages = [];
    this.#messages.push(live);
    const kept = live.targets.size > kManyTargets ? kFewSeconds : kSeconds;
    while (this.#messages.length > kept + 1) this.#messages.shift();
  }

  get newest() {
    return this.#messages.at(-1);
  }

  /**
   * The newest message and the one `seconds` before it, or the first.
   * @param {number} seconds
   * @returns {[Live, Live] | null}
   */
  span(seconds) {
    const newest = this.newest;
    if (!newest || this.#messages.length < 2) return null;
    const first = this.#messages.find((one) => newest.clock - one.clock <= seconds + 0.5);
    return first && first !== newest ? [first, newest] : [this.#messages[this.#messages.length - 2], newest];
  }

  /**
   * How much more per second of what `read` finds in a message, over the last seconds.
   * @param {(live: Live) => number | null | undefined} read null: not counted on its own
   * @param {number} [seconds]
   */
  rate(read, seconds = 5) {
    const span = this.span(seconds);
    if (!span) return 0;
    const now = read(span[1]) ?? null;
    const before = read(span[0]) ?? null;
    if (now === null || before === null) return 0;
    return Math.max(0, now - before) / (span[1].clock - span[0].clock);
  }

  /**
   * What the buckets have counted in the last seconds.
   * @param {(live: Live) => number[] | null | undefined} read
   * @param {number} [seconds]
   */
  buckets(read, seconds = 10) {
    const span = this.span(seconds);
    return span ? difference(read(span[1]) ?? [], read(span[0]) ?? []) : [];
  }

  /**
   * Of each second that is known, oldest first.
   * @template T
   * @param {(now: Live, before: Live, seconds: number) => T} read
   * @returns {T[]}
   */
  series(read) {
    return this.#messages.slice(1).map((now, i) => {
      const before = this.#messages[i];
      return read(now, before, now.clock - before.clock);
    });
  }

  /**
   * A percentile of each second.
   * @param {(live: Live) => number[] | null | undefined} read
   * @param {number} part
   */
  percentiles(read, part) {
    return this.series((now, before) => percentile(difference(read(now) ?? [], read(before) ?? []), now.bounds_seconds, part));
  }
}
