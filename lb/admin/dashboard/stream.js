// @ts-check
// Server-sent events by fetch, which can send what EventSource cannot: the token, and the number to begin behind.

import { open, Problem } from "./api.js";

const kRetry = 2000;
const kPatience = 8000;

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {(data: string, id: string) => void} take
 * @param {() => void} alive
 */
async function read(body, take, alive) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    alive();
    const frames = (rest + value).split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) {
      const field = (/** @type {string} */ name) =>
        frame.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
      if (field("data")) take(field("data"), field("id"));
    }
  }
}

/** A stream that is open while the page is seen, and is opened again when it ends or is silent. */
export class Stream {
  /** @type {AbortController | null} */
  #open = null;
  #lastId = "";
  #timer = 0;
  #lost = false;

  /**
   * @param {string} path
   * @param {{ take: (message: any) => void, tell?: (state: string, detail: string) => void, after?: string,
   *   silence: number }} options silence: after so many milliseconds without a word it is opened again
   */
  constructor(path, { take, tell = () => {}, after = "", silence }) {
    this.path = path;
    this.take = take;
    this.tell = tell;
    this.silence = silence;
    this.#lastId = after;
    document.addEventListener("visibilitychange", () => this.restart());
    this.restart();
  }

  restart() {
    this.#open?.abort();
    this.#open = null;
    clearTimeout(this.#timer);
    if (!document.hidden) return void this.#run(new AbortController());
    this.#lost = false;
    this.tell("paused", "paused: this tab is hidden");
  }

  /** @param {AbortController} controller */
  async #run(controller) {
    this.#open = controller;
    let watchdog = 0;
    const wait = (/** @type {number} */ patience) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => controller.abort(), patience);
    };
    if (!this.#lost) this.tell("connecting", "connecting");
    wait(kPatience);
    let why = "weir does not answer";
    try {
      const headers = /** @type {Record<string, string>} */ (this.#lastId ? { "Last-Event-ID": this.#lastId } : {});
      const response = await open(this.path, { signal: controller.signal, headers });
      this.#lost = false;
      this.tell("live", "live");
      if (!response.body) throw new Problem(response.status, "no body");
      await read(response.body, (data, id) => {
        if (id) this.#lastId = id;
        this.take(JSON.parse(data));
      }, () => wait(this.silence));
    } catch (error) {
      if (error instanceof Problem) why = error.message;
    }
    clearTimeout(watchdog);
    if (this.#open !== controller) return;
    this.#lost = true;
    this.tell("lost", why);
    this.#timer = setTimeout(() => this.restart(), kRetry);
  }
}
