// @ts-check
// The dialog that asks before anything is changed, and shows what a failed action answered.

import { Problem, setToken, token } from "./api.js";
import { byId, make, setText } from "./dom.js";

const dialog = /** @type {HTMLDialogElement} */ (byId("confirm"));
const form = /** @type {HTMLFormElement} */ (byId("confirm-form"));
const body = byId("confirm-body");
const problem = byId("confirm-problem");
const yes = /** @type {HTMLButtonElement} */ (byId("confirm-yes"));

/** @type {() => Promise<unknown>} */
let run = () => Promise.resolve();

/**
 * @param {string} id
 * @param {string} label
 * @param {Record<string, string | number | boolean>} attributes
 */
export function field(id, label, attributes) {
  return make("p", { class: "field" }, make("label", { for: id, text: label }), make("input", { id, ...attributes }));
}

function tokenField() {
  return field("confirm-token", "Token of the admin API", { type: "password", autocomplete: "off", spellcheck: false });
}

function takeToken() {
  const input = /** @type {HTMLInputElement | null} */ (document.getElementById("confirm-token"));
  if (input) setToken(input.value.trim());
}

/** @param {unknown} error */
function show(error) {
  if (!(error instanceof Error)) throw error;
  problem.hidden = false;
  setText(problem, error.message);
  if (error instanceof Problem && error.status === 401 && !document.getElementById("confirm-token")) {
    body.append(tokenField());
    byId("confirm-token").focus();
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  takeToken();
  problem.hidden = true;
  yes.disabled = true;
  try {
    await run();
    dialog.close();
  } catch (error) {
    show(error);
  } finally {
    yes.disabled = false;
  }
});
byId("confirm-no").addEventListener("click", () => dialog.close());

/**
 * Closes when `action` is done; stays, and says why, if it fails.
 * @param {{ title: string, verb: string, content: Node[], action: () => Promise<unknown> }} question
 */
export function confirm({ title, verb, content, action }) {
  run = action;
  setText(byId("confirm-title"), title);
  setText(yes, verb);
  body.replaceChildren(...content);
  problem.hidden = true;
  dialog.showModal();
}

/** @param {() => void} changed */
export function askForToken(changed) {
  confirm({
    title: "Token",
    verb: "Use it",
    content: [
      make("p", { text: "Needed where admin.token_file is set. It is kept in this tab only; empty forgets it." }),
      tokenField(),
    ],
    action: async () => changed(),
  });
  /** @type {HTMLInputElement} */ (byId("confirm-token")).value = token();
}
