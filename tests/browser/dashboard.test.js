// The dashboard, as an operator uses it.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { accessible, close, fits, launch, live, open, screenshot, shows, text } from "./browser.js";
import { eventually } from "./eventually.js";
import { World } from "./world.js";

const kHtml = "<img src=x onerror=alert(1)>";

let world, browser;

before(async () => {
  world = await World.start();
  world.ask();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await world?.stop();
});

const tile = (page, id) => page.locator(".tile", { hasText: id });
const yes = (page) => page.locator("#confirm-yes").click();

test("the page loads, and its numbers move", async () => {
  const page = await open(browser, world.page);
  await live(page);
  assert.equal(await page.locator(".tile").count(), 5);
  assert.deepEqual(await page.locator(".zone h3").allTextContents(), ["az-1", "az-2", "az-3"]);
  const value = () => text(page, "#summary .value");
  await eventually(async () => Number.parseFloat(await value()) > 50, value);
  const total = await text(page, "#summary .detail");
  await eventually(async () => (await text(page, "#summary .detail")) !== total);
  await shows(page, "#findings", "No errors");
  await shows(page, "#listeners", "health-of-weir");
  await shows(page, "#summary .value", "p50");
  await close(page);
});

for (const colorScheme of ["light", "dark"]) {
  test(`everybody can read and reach it, ${colorScheme}`, async () => {
    const page = await open(browser, world.page, { colorScheme });
    await live(page);
    await eventually(() => page.locator(".sparkline .line[d^=M]").count());
    await shows(page, "#listeners .note", "in all");
    await accessible(page);
    await screenshot(page, `overview-${colorScheme}`);
    await tile(page, "app-1").focus();
    await page.keyboard.press("Enter");
    await page.locator(".probes li").first().waitFor();
    await accessible(page);
    await screenshot(page, `target-${colorScheme}`, {});
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#panel").isVisible(), false);
    assert.equal(await page.evaluate(() => document.activeElement.textContent.includes("app-1")), true);
    await close(page);
  });
}

test("a telephone shows all of it without scrolling sideways", async () => {
  const page = await open(browser, world.page, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
  await live(page);
  await shows(page, "#listeners .note", "in all");
  await fits(page);
  await screenshot(page, "phone");
  await tile(page, "app-1").tap();
  await page.locator(".probes li").first().waitFor();
  await fits(page);
  await screenshot(page, "phone-target", {});
  await close(page);
});

test("a target is drained from the page, which shows it, and undrained", async () => {
  const page = await open(browser, world.page);
  await live(page);
  await tile(page, "app-3").click();
  await page.getByRole("button", { name: "Drain", exact: true }).click();
  await page.locator("#confirm-no").click();
  assert.equal(await tile(page, "app-3").getAttribute("data-state"), "healthy");
  await page.getByRole("button", { name: "Drain", exact: true }).click();
  await screenshot(page, "confirm", {});
  await yes(page);
  await shows(page, "#panel .state-line", "draining");
  await page.locator("#panel-close").click();
  await shows(page, ".tile[data-state=draining]", "app-3");
  await shows(page, "#events", "app app-3 (az-2): healthy → draining");
  await shows(page, "#last-change", "drain");
  await tile(page, "app-3").click();
  await page.getByRole("button", { name: "Undrain" }).click();
  await yes(page);
  await shows(page, ".tile[data-state=healthy]", "app-3");
  await close(page);
});

test("zones are shifted away until no more can be, which the page says", async () => {
  const page = await open(browser, world.page);
  await live(page);
  for (const zone of ["az-1", "az-2"]) {
    await page.getByRole("button", { name: `Shift zone ${zone} away` }).click();
    await page.getByLabel("Reason").fill(`drill ${kHtml}`);
    await yes(page);
    await page.locator("#confirm").waitFor({ state: "hidden" });
    await shows(page, ".zone[data-shifted]", zone);
  }
  await shows(page, "#findings", `Zone az-1 is shifted away`);
  await shows(page, "#findings", kHtml);
  await page.getByRole("button", { name: "Shift zone az-3 away" }).click();
  await yes(page);
  await shows(page, "#confirm-problem", "409: target group 'app' would be left without a healthy target");
  await screenshot(page, "refused", {});
  await page.getByLabel("For (1m to 72h)").fill("1s");
  await yes(page);
  await shows(page, "#confirm-problem", "400: for: 1s is not in 1m-72h");
  await page.keyboard.press("Escape");
  await screenshot(page, "shifted");
  for (const zone of ["az-1", "az-2"]) {
    await page.getByRole("button", { name: `Take zone ${zone} back` }).click();
    await yes(page);
    await page.getByRole("button", { name: `Shift zone ${zone} away` }).waitFor();
  }
  assert.equal(await page.locator("img").count(), 0);
  await close(page);
});

test("the page says who fails: the targets, or weir for want of them", async () => {
  const page = await open(browser, world.page);
  await live(page);
  world.targets[4].status = 500;
  await shows(page, "#findings", "Targets answer with 5xx: app-5 in az-3; seen here since");
  world.targets[4].status = 200;
  world.targets[0].health = 500;
  world.targets[0].body = `<h1>no</h1>${kHtml}`;
  await shows(page, "#findings", "Zone az-1: app-1 unhealthy since");
  await tile(page, "app-1").click();
  await shows(page, ".probes", kHtml);
  assert.equal(await page.locator("img").count(), 0);
  await screenshot(page, "evidence", {});
  await page.keyboard.press("Escape");
  world.targets[0].health = 200;
  world.targets[0].body = "hello";
  await shows(page, ".tile[data-state=healthy]", "app-1");
  await close(page);
});

test("a request is explained", async () => {
  const page = await open(browser, world.page);
  await live(page);
  await page.getByLabel("URL").fill(`${world.site}/static/a.css`);
  await page.getByRole("button", { name: "Explain" }).click();
  await shows(page, ".decision", "of group app");
  await shows(page, "#explanation", "rule static");
  await page.getByLabel("URL").fill(`${world.site}/ping`);
  await page.getByLabel("URL").press("Enter");
  await shows(page, ".decision", "weir answers 200");
  await accessible(page);
  await page.locator("#explain").scrollIntoViewIfNeeded();
  await screenshot(page, "explain", {});
  await page.getByLabel("URL").fill("ftp://x");
  await page.getByLabel("URL").press("Enter");
  await shows(page, "#explanation .problem", "400");
  await close(page);
});

test("each reload is listed with its plan, a refused one with its errors", async () => {
  const page = await open(browser, world.page);
  await live(page);
  world.configure(world.yaml.replace("id: app-2", "weight: 3, id: app-2"));
  await shows(page, "#reloads", "applied");
  await shows(page, "#last-change", "reload applied");
  world.configure("listeners: 7\n");
  await shows(page, "#reloads", "refused");
  await shows(page, "#findings", "The last reload was refused");
  await screenshot(page, "reloads");
  world.configure(world.yaml);
  await eventually(async () => !(await text(page, "#findings")).includes("refused"));
  await close(page);
});

test("a hidden tab asks for nothing", async () => {
  const page = await open(browser, world.page);
  await live(page);
  const hide = (hidden) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await hide(true);
  await shows(page, "#stream", "paused");
  await hide(false);
  await shows(page, "#stream", "live");
  await close(page);
});

test("more clients than weir follows are told so, and others again when they have left", async () => {
  const kClients = 40;
  const statuses = [];
  const requests = Array.from({ length: kClients }, () =>
    http.get(`${world.page}api/v1/live`, { agent: false }, (response) => {
      statuses.push(response.statusCode);
      response.resume();
    }));
  for (const request of requests) request.on("error", () => {});
  await eventually(() => statuses.length === kClients);
  const refused = statuses.filter((status) => status === 503).length;
  assert.equal(statuses.filter((status) => status === 200).length + refused, kClients);
  assert.ok(refused >= 8, `${refused} refused`);
  for (const request of requests) request.destroy();
  const page = await open(browser, world.page);
  await live(page);
  await close(page);
});

test("names that look like markup stay text", async () => {
  const page = await open(browser, "about:blank");
  await page.route("**/api/v1/live", async (route) => {
    const answer = await fetch(`${world.page}api/v1/live`);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let body = "";
    while (!body.endsWith("}\n\n")) body += (await reader.read()).value;
    await reader.cancel();
    body = body.replaceAll("app-1", kHtml).replaceAll("az-1", `<b>${kHtml}`);
    await route.fulfill({ contentType: "text/event-stream", body });
  });
  await page.goto(world.page);
  await shows(page, ".tile .name", kHtml);
  await shows(page, ".zone h3", `<b>${kHtml}`);
  assert.equal(await page.locator("img, h3 b").count(), 0);
  await page.context().close();
});
