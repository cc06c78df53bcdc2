// @ts-check
// A message of /api/v1/live as objects.

/**
 * @typedef {{ id: string, address: string, zone: string, owner: string, state: string, reason: string, detail: string,
 *   since: number, until: number | null, weight: number, part: number, max_requests: number | null,
 *   outstanding: number, sessions: number | null, zone_shifted: boolean, requests: number | null,
 *   responses_5xx: number | null, connection_errors: number | null, buckets: number[] | null, group: string,
 *   key: string }} Target  requests and those behind it are null for a target that is counted with others
 * @typedef {{ name: string, algorithm: string, in_use: boolean, ready: boolean, can_serve: boolean, fail_open: boolean,
 *   healthy: number, counted: number, queue_length: number, retries: Record<string, number>,
 *   names: { name: string, result: string, reason: string }[], targets: Target[] }} Group
 * @typedef {{ name: string, protocol: string, http2: boolean, proxy_protocol: boolean, client_auth: string | null,
 *   handshakes: { full: number, resumed: number, failed: number } | null,
 *   certificate: { subject: string, expires: number } | null, binds: string[], responses: number[],
 *   errors: Record<string, number>, own_5xx: number, connections: number, websockets: number, received_bytes: number,
 *   sent_bytes: number }} Listener  certificate: the one that expires first
 * @typedef {{ zone: string, reason: string, since: number, until: number }} Shift
 * @typedef {{ at: number, clock: number, version: string, pid: number, started: number, workers: number,
 *   config: { file: string, hash: string, loaded: number, last_reload_succeeded: boolean },
 *   bounds_seconds: number[], listeners: Listener[], rules: [string, string, number][],
 *   routes: [string, string, number[], { target?: number, weir?: number }][], zone_shifts: Shift[], target_groups: Group[],
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
 * Why weir fails a request, by the word it counts it under: whose fault that is, what it answers, and what an
 * operator calls it. "silent" and "broken" are the targets' faults; a broken answer may have begun already.
 * @type {Record<string, { whose: "silent" | "broken" | "weir", status: number, text: string }>}
 */
export const kFailures = {
  connect_refused: { whose: "silent", status: 502, text: "connection refused" },
  connect_unreachable: { whose: "silent", status: 502, text: "no route to it" },
  connect_timeout: { whose: "silent", status: 504, text: "no connection in time" },
  connect_failed: { whose: "silent", status: 502, text: "connection failed" },
  target_tls: { whose: "silent", status: 502, text: "TLS handshake failed" },
  target_certificate: { whose: "silent", status: 502, text: "certificate is not right" },
  stream_refused: { whose: "silent", status: 502, text: "request refused" },
  target_leaving: { whose: "silent", status: 502, text: "connection ended by the target" },
  target_reset: { whose: "silent", status: 502, text: "connection reset" },
  target_closed: { whose: "silent", status: 502, text: "connection closed without an answer" },
  target_stream_reset: { whose: "broken", status: 502, text: "request or answer broken off" },
  response_timeout: { whose: "silent", status: 504, text: "no answer in time" },
  response_malformed: { whose: "broken", status: 502, text: "answer is not HTTP" },
  response_head_too_large: { whose: "broken", status: 502, text: "head of the answer too large" },
  response_truncated: { whose: "broken", status: 502, text: "answer cut off" },
  response_idle_timeout: { whose: "broken", status: 504, text: "answer stopped half-way" },
  failing_status: { whose: "broken", status: 502, text: "answered 502, 503 or 504" },
  drain_timeout: { whose: "broken", status: 502, text: "not done when its time to leave was over" },
  unasked_upgrade: { whose: "broken", status: 502, text: "upgrade that nobody asked for" },
  upgrade_failed: { whose: "broken", status: 502, text: "no WebSocket where one was asked for" },
  deadline_exceeded: { whose: "silent", status: 504, text: "no answer before the client's own deadline" },
  no_target: { whose: "weir", status: 503, text: "no target can serve" },
  queue_full: { whose: "weir", status: 503, text: "queue is full" },
  queue_timeout: { whose: "weir", status: 503, text: "waited too long in the queue" },
  no_descriptor: { whose: "weir", status: 503, text: "out of file descriptors or ports" },
  connection_limit: { whose: "weir", status: 503, text: "connection limit reached" },
  stopping: { whose: "weir", status: 503, text: "weir is stopping" },
  rewrite_invalid: { whose: "weir", status: 500, text: "a rule makes an impossible host or path" },
  redirect_invalid: { whose: "weir", status: 500, text: "a rule redirects to an impossible place" },
  header_invalid: { whose: "weir", status: 500, text: "a rule makes an impossible header" },
};

/** @param {string} word */
export const failureText = (word) => kFailures[word]?.text ?? word.replaceAll("_", " ");

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
