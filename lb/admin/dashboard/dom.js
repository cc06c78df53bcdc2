// @ts-check
// Elements made and kept up to date. Text goes in as text, never as markup.

// What the eye cannot see, or what turns around the text beside it. Lines and tabs stay: evidence has some.
const kUnseen = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\u200b\u2060\ufeff]/gu;

/**
 * Words that may come from anybody, such that nothing in them is hidden: U+202E as "\u202e".
 * @param {string | number | boolean} words
 */
export function visible(words) {
  return String(words).replace(kUnseen, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/**
 * Attributes by name; `text` is the content, `onclick` a listener.
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null | undefined | (() => void)>} [attributes]
 * @param {...Node} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = visible(value ?? "");
    else setAttribute(element, name, value);
  }
  element.append(...children);
  return element;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string | number | boolean | null | undefined} value
 */
export function setAttribute(element, name, value) {
  if (value === false || value === null || value === undefined) return element.removeAttribute(name);
  const text = value === true ? "" : visible(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/**
 * Touches the page only if there is something new: a screen reader hears of each change.
 * @param {Element} element
 * @param {string | number} text
 */
export function setText(element, text) {
  const shown = visible(text);
  if (element.textContent !== shown) element.textContent = shown;
}

/**
 * One child for each item, in their order; children keep their place, focus and listeners by their key.
 * @template T
 * @param {Element} parent
 * @param {T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => HTMLElement} create
 * @param {(element: HTMLElement, item: T) => void} [update]
 */
export function setList(parent, items, keyOf, create, update) {
  const known = new Map();
  for (const child of parent.children) known.set(/** @type {HTMLElement} */ (child).dataset.key, child);
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let element = known.get(key);
    known.delete(key);
    if (!element) {
      element = create(item);
      element.dataset.key = key;
    }
    if (place && element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
    update?.(element, item);
  }
  for (const left of known.values()) left.remove();
}
