import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

const kDeadline = 15_000;

/**
 * Waits until `holds` answers something true, and answers that.
 * @template T
 * @param {() => T | Promise<T>} holds
 * @param {() => unknown} [tell] what to say if it never does
 */
export async function eventually(holds, tell = () => holds.toString()) {
  const end = Date.now() + kDeadline;
  for (;;) {
    const found = await holds();
    if (found) return found;
    if (Date.now() > end) assert.fail(`not in ${kDeadline / 1000} s: ${await tell()}`);
    await pause(50);
  }
}
