// The box of the dashboard that explains a request.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, close, fits, launch, live, open, screenshot, shows, text } from "./browser.js";
import { eventually } from "./eventually.js";
import { World } from "./world.js";

const kHtml = "<img src=x onerror=alert(1)>";

let world, browser;

before(async () => {
  world = await World.start({ secure: true });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await world?.stop();
});

async function ask(page, url) {
  await page.getByLabel("URL").fill(url);
  await page.getByLabel("URL").press("Enter");
}

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
  for (const [how, said] of [
    [{ protocol: "http/1.1", tls: null, proxy_protocol: "off" }, ""],
    [{ protocol: "h2", tls: { server_name: "a.test", verified: false }, proxy_protocol: "v2" },
      ", by HTTP/2, TLS with a.test, not verified, a PROXY header v2"],
  ]) {
    await page.route("**/api/v1/explain", (route) => route.fulfill({ json: {
      listener: { name: "web" }, rules: [], rewrites: [], notes: [], target_groups: [],
      sent: { target: "127.0.0.1:80", address: "127.0.0.1:80", target_group: "app", ...how } } }));
    await page.getByLabel("URL").press("Enter");
    await eventually(async () => (await text(page, ".decision")) === `Goes to 127.0.0.1:80 of group app${said}`);
  }
  await close(page);
});

const certificates = (page) => page.locator("#explanation li", { hasText: "certificate" });

test("a request over TLS has the certificate that its client is shown, and why", async () => {
  const page = await open(browser, world.page, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
  await live(page);
  for (const { host, level, words } of [
    { host: "example.com", level: "ok",
      words: /^✓TLS for example\.com: certificate CN=www\.example\.com · ecdsa · until 2\d{3}-\d\d-\d\d · for www\.example\.com, example\.com · \S+site-cert\.pem · it has the name$/ },
    { host: "a.shop.example.com", level: "ok",
      words: /certificate CN=\*\.shop\.example\.com .* · for \*\.shop\.example\.com · .* · it has the name$/ },
    { host: "other.test", level: "warn", words: /^▲TLS for other\.test: certificate CN=www.* · the default: none has the name$/ },
    { host: "127.0.0.1", level: "ok", words: /^✓TLS without a server name: certificate CN=www.* · the default: who connects to an address names no host$/ },
  ]) {
    await ask(page, `https://${host}:${world.securePort}/`);
    await eventually(async () => words.test((await certificates(page).allTextContents()).join("\n")),
      async () => `${host}: ${await text(page, "#explanation")}`);
    assert.equal(await certificates(page).getAttribute("data-level"), level);
  }
  assert.equal(await page.locator("#explanation").getAttribute("aria-live"), "polite");
  await accessible(page);
  await fits(page);
  await ask(page, `https://a.shop.example.com:${world.securePort}/`);
  await page.locator("#explain").scrollIntoViewIfNeeded();
  await screenshot(page, "phone-certificate");
  await ask(page, `${world.site}/`);
  await eventually(async () => (await certificates(page).count()) === 0);
  await close(page);
});

test("one certificate of each key type is told, that one is over, and its words stay text", async () => {
  const page = await open(browser, world.page);
  await live(page);
  const one = { file: "/etc/rsa.pem", key_type: "rsa", subject: `CN=${kHtml}`, names: [kHtml], not_after: "2020-02-29T00:00:00Z" };
  await page.route("**/api/v1/explain", (route) => route.fulfill({ json: {
    listener: { name: "web" }, rules: [], rewrites: [], notes: [], target_groups: [],
    tls: { server_name: "a.test", by_name: true, why: "it has the name", certificates: [
      one, { ...one, key_type: "ecdsa", subject: "CN=a\u202e", names: [], not_after: "9999-12-31T23:59:59Z" }] } } }));
  await ask(page, "https://a.test/");
  await shows(page, "#explanation [data-level=warn]", `CN=${kHtml} · rsa · expired on 2020-02-29 · for ${kHtml} · /etc/rsa.pem`);
  await shows(page, "#explanation [data-level=ok]", "CN=a\\u202e · ecdsa · until 9999-12-31 · for no name");
  assert.equal(await page.locator("img").count(), 0);
  await accessible(page);
  await close(page);
});
