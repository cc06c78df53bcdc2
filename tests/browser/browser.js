// Chromium without a window, and what the tests look at in it.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { eventually } from "./eventually.js";

const kScreenshots = new URL("../../build/screenshots/", import.meta.url).pathname;
const kAxe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export function launch() {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
  });
}

/**
 * The dashboard, live. Fails the test on any complaint of the browser, such as one about the content security policy.
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("console", (message) => {
    const expected = message.text().startsWith("Failed to load resource"); // an action that is refused
    if (message.type() === "error" && !expected) page.complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin && !request.url().startsWith("data:"))
      page.complaints.push(`asks for ${request.url()}`);
  });
  await page.goto(url);
  return page;
}

export async function live(page) {
  await page.locator("#stream[data-stream=live]").waitFor();
  await page.locator(".tile").first().waitFor();
}

export function text(page, selector) {
  return page.locator(selector).first().textContent();
}

export async function shows(page, selector, words) {
  await eventually(async () => (await page.locator(selector).allTextContents()).join("\n").includes(words),
    async () => `${selector} shows ${JSON.stringify(words)}, but: ${await page.locator(selector).allTextContents()}`);
}

export async function close(page) {
  assert.deepEqual(page.complaints, []);
  await page.context().close();
}

/**
 * Has the page see `change`d documents of /api/v1/live, one a second.
 * @param {import("playwright-core").Page} page
 * @param {string} url
 * @param {(document: any, second: number) => void} change
 */
export async function pretend(page, url, change, seconds = 3) {
  const answer = await fetch(`${url}api/v1/live`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.endsWith("}\n\n")) text += (await reader.read()).value;
  await reader.cancel();
  const data = text.split("\n").find((line) => line.startsWith("data: ")).slice("data: ".length);
  const body = Array.from({ length: seconds }, (_, second) => {
    const document = JSON.parse(data);
    document.clock += second;
    document.at += second;
    change(document, second);
    return `event: live\ndata: ${JSON.stringify(document)}\n\n`;
  });
  await page.route("**/api/v1/live", (route) => route.fulfill({ contentType: "text/event-stream", body: body.join("") }));
}

/** As if the tab were hidden, or seen again. */
export async function hide(page, hidden) {
  await page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

export async function screenshot(page, name, options = { fullPage: true }) {
  mkdirSync(kScreenshots, { recursive: true });
  await page.screenshot({ path: `${kScreenshots}${name}.png`, ...options });
}

/** No rule of axe is broken in a way that matters to somebody. */
export async function accessible(page) {
  await page.evaluate(kAxe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  const found = violations.map((one) => `${one.impact} ${one.id}: ${one.nodes.map((node) => `${node.html} ${node.failureSummary}`).join("; ")}`);
  assert.deepEqual(found.filter((one) => !one.startsWith("minor")), []);
}

export async function fits(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= window, `the page is ${content} px wide in a window of ${window} px`);
}
