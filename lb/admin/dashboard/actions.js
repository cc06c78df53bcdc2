// @ts-check
// What can be changed from the page, each after a question.

import { call, path } from "./api.js";
import { confirm, field } from "./confirm.js";
import { byId, make } from "./dom.js";

/** @typedef {import("./model.js").Target} Target */

/** @param {Target} target */
export function drain(target) {
  confirm({
    title: `Drain ${target.id}?`,
    verb: "Drain",
    content: [
      make("p", { text: `${target.address} of group ${target.group} gets no new requests until it is undrained. ` +
        `${target.outstanding} in flight may finish.` }),
    ],
    action: () => call("POST", path`/api/v1/groups/${target.group}/targets/${target.address}/drain`),
  });
}

/** @param {Target} target */
export function undrain(target) {
  confirm({
    title: `Undrain ${target.id}?`,
    verb: "Undrain",
    content: [make("p", { text: `${target.address} of group ${target.group} gets requests again.` })],
    action: () => call("DELETE", path`/api/v1/groups/${target.group}/targets/${target.address}/drain`),
  });
}

/** @param {string} id */
const valueOf = (id) => /** @type {HTMLInputElement} */ (byId(id)).value;

const kForce = "even if a group is left without a healthy target";

/** @param {string} zone */
export function shift(zone) {
  confirm({
    title: `Shift zone ${zone} away?`,
    verb: "Shift away",
    content: [
      make("p", { text: "Its targets get no new requests; the other zones take them." }),
      field("shift-for", "For (1m to 72h)", { value: "30m", required: true, autocomplete: "off", pattern: "[0-9]+(s|m|h|d)",
        title: "A number and a unit, such as 30m or 1h; at most 72h" }),
      field("shift-reason", "Reason", { maxlength: 256, autocomplete: "off" }),
      make("p", { class: "field check" }, make("input", { id: "shift-force", type: "checkbox" }),
        make("label", { for: "shift-force", text: kForce })),
    ],
    advice: { 409: `To shift it all the same, tick “${kForce}”.` },
    action: () =>
      call("POST", path`/api/v1/zones/${zone}/shift`, {
        for: valueOf("shift-for"),
        reason: valueOf("shift-reason"),
        force: /** @type {HTMLInputElement} */ (byId("shift-force")).checked,
      }),
  });
}

/** @param {string} zone */
export function unshift(zone) {
  confirm({
    title: `Take zone ${zone} back?`,
    verb: "Take back",
    content: [make("p", { text: "Its targets get requests again." })],
    action: () => call("DELETE", path`/api/v1/zones/${zone}/shift`),
  });
}
