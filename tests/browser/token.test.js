// The dashboard of a weir whose admin API has a token.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, close, launch, live, open, screenshot, shows } from "./browser.js";
import { World } from "./world.js";

const kToken = "the-token-of-this-test";

let world, browser;

before(async () => {
  world = await World.start({ token: kToken });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await world?.stop();
});

test("an action asks for the token, which stays in the tab", async () => {
  const page = await open(browser, world.page);
  await live(page);
  await page.locator(".tile", { hasText: "app-5" }).click();
  await page.getByRole("button", { name: "Drain", exact: true }).click();
  await page.locator("#confirm-yes").click();
  await shows(page, "#confirm-problem", "401");
  await accessible(page);
  await screenshot(page, "token", {});
  await page.getByLabel("Token of the admin API").fill("a token — pasted");
  await page.locator("#confirm-yes").click();
  await shows(page, "#confirm-problem", "A token has only letters, digits");
  await page.getByLabel("Token of the admin API").fill("wrong-token");
  await page.locator("#confirm-yes").click();
  await shows(page, "#confirm-problem", "401");
  await page.getByLabel("Token of the admin API").fill(kToken);
  await page.keyboard.press("Enter");
  await shows(page, "#panel .state-line", "draining");
  assert.equal(await page.locator("#token").getAttribute("aria-label"), "Token: one is set");
  assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
  await close(page);
});
