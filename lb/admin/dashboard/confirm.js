// @ts-check
// The dialog that asks before anything is changed, and shows what a failed action answered.

import { Problem, setToken, token } from "./api.js";
import { byId, make, setText } from "./dom.js";

const dialog = /** @type {HTMLDialogElement} */ (byId("confirm"));
const form = /** @type {HTMLFormElement} */ (byId("confirm-form"));
const body = byId("confirm-body");
const problem = byId("confirm-problem");
const advice = byId("confirm-advice");
const yes = /** @type {HTMLButtonElement} */ (byId("confirm-yes"));

/**
 * @typedef {{ title: string, verb: string, content: Node[], action: () => Promise<unknown>,
 *   advice?: Record<number, string> }} Question  advice: what helps against a status
 */

/** @type {Question | null} what the dialog asks now: late answers to another one are nobody's */
let asked = null;

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

/** @param {string} text */
function showAdvice(text) {
  advice.hidden = text === "";
  setText(advice, text);
}

/**
 * @param {unknown} error
 * @param {Question} question
 */
function show(error, question) {
  if (!(error instanceof Error)) throw error;
  problem.hidden = false;
  setText(problem, error.message);
  if (!(error instanceof Problem)) return;
  showAdvice(question.advice?.[error.status] ?? "");
  if (error.status === 401 && !document.getElementById("confirm-token")) {
    body.append(tokenField());
    byId("confirm-token").focus();
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const question = asked;
  if (!question) return;
  problem.hidden = true;
  showAdvice("");
  yes.disabled = true;
  try {
    takeToken();
    await question.action();
    if (asked === question) dialog.close();
  } catch (error) {
    if (asked === question) show(error, question);
  } finally {
    if (asked === question) yes.disabled = false;
  }
});
dialog.addEventListener("close", () => {
  if (!dialog.open) asked = null;
});
byId("confirm-no").addEventListener("click", () => dialog.close());

/**
 * Closes when its action is done; stays, and says why, if it fails.
 * @param {Question} question
 */
export function confirm(question) {
  asked = question;
  setText(byId("confirm-title"), question.title);
  setText(yes, question.verb);
  yes.disabled = false;
  body.replaceChildren(...question.content);
  problem.hidden = true;
  showAdvice("");
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
