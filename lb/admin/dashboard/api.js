// @ts-check
// Calls of the admin API. The token lives as long as the tab does, and goes nowhere but to this server.

const kTokenItem = "weir-token";
const kPatience = 10_000;

export function token() {
  return sessionStorage.getItem(kTokenItem) ?? "";
}

/** Says "change" after each change of the token. */
export const tokenChanges = new EventTarget();

/** @param {string} value */
export function setToken(value) {
  if (/[^A-Za-z0-9._~+/=-]/.test(value)) throw new Problem(0, "A token has only letters, digits and -._~+/=");
  if (value) sessionStorage.setItem(kTokenItem, value);
  else sessionStorage.removeItem(kTokenItem);
  tokenChanges.dispatchEvent(new Event("change"));
}

/** What a failed call answered: an RFC 9457 problem. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} detail
   */
  constructor(status, detail) {
    super(status ? `${status}: ${detail}` : detail);
    this.status = status;
  }
}

/** @returns {Record<string, string>} */
function credentials() {
  return token() ? { Authorization: `Bearer ${token()}` } : {};
}

/**
 * @param {Response} response
 * @returns {Promise<Problem>}
 */
async function problemOf(response) {
  const text = await response.text();
  try {
    return new Problem(response.status, JSON.parse(text).detail ?? response.statusText);
  } catch {
    return new Problem(response.status, response.statusText);
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
export async function open(path, options = {}) {
  const headers = { ...credentials(), ...options.headers };
  let response;
  try {
    response = await fetch(path, { cache: "no-store", credentials: "omit", ...options, headers });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Problem(0, "weir does not answer");
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function call(method, path, body) {
  const signal = AbortSignal.timeout(kPatience);
  try {
    const response = await open(path, { method, signal, body: body === undefined ? undefined : JSON.stringify(body) });
    return await response.json();
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Problem(0, `weir has not answered for ${kPatience / 1000} s${method === "GET" ? "" : "; it may still have been done"}`);
  }
}

/**
 * A path of which some segments are names.
 * @param {TemplateStringsArray} parts
 * @param {...string} names
 */
export function path(parts, ...names) {
  return parts.reduce((whole, part, i) => whole + encodeURIComponent(names[i - 1]) + part);
}
