// @ts-check
// A message of /api/v1/live as objects.

/**
 * @typedef {{ id: string, address: string, zone: string, owner: string, state: string, reason: string, detail: string,
 *   since: number, until: number | null, weight: number, part: number, max_requests: number | null,
 *   outstanding: number, sessions: number | null, zone_shifted: boolean, requests: number, responses_5xx: number,
 *   connection_errors: number, buckets: number[], group: string, key: string }} Target
 * @typedef {{ name: string, algorithm: string, in_use: boolean, ready: boolean, can_serve: boolean, fail_open: boolean,
 *   healthy: number, counted: number, queue_length: number, retries: Record<string, number>,
 *   names: { name: string, result: string, reason: string }[], targets: Target[] }} Group
 * @typedef {{ name: string, binds: string[], responses: number[], errors: Record<string, number>, own_5xx: number,
 *   connections: number, websockets: number, received_bytes: number, sent_bytes: number }} Listener
 * @typedef {{ zone: string, reason: string, since: number, until: number }} Shift
 * @typedef {{ at: number, clock: number, version: string, pid: number, started: number, workers: number,
 *   config: { file: string, hash: string, loaded: number, last_reload_succeeded: boolean },
 *   bounds_seconds: number[], listeners: Listener[], rules: [string, string, number][],
 *   routes: [string, string, number[]][], zone_shifts: Shift[], target_groups: Group[],
 *   targets: Map<string, Target> }} Live
 */

/** @type {Record<string, { sign: string, rank: number }>} */
export const kStates = {
  unhealthy: { sign: "✕", rank: 0 },
  ejected: { sign: "▲", rank: 1 },
  draining: { sign: "▽", rank: 2 },
  initial: { sign: "○", rank: 3 },
  healthy: { sign: "●", rank: 4 },
  unused: { sign: "–", rank: 5 },
};

/**
 * @param {any} message
 * @returns {Live}
 */
export function liveOf(message) {
  const targets = new Map();
  for (const group of message.target_groups) {
    group.targets = group.targets.map((/** @type {unknown[]} */ row) => {
      const target = Object.fromEntries(row.map((value, i) => [message.target_columns[i], value]));
      target.group = group.name;
      target.key = `${group.name}\n${target.id}`;
      targets.set(target.key, target);
      return target;
    });
  }
  return { ...message, targets };
}
