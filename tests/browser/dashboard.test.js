// The dashboard, as an operator uses it.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { accessible, close, fits, hide, launch, live, open, pretend, screenshot, shows, text } from "./browser.js";
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
  const page = await open(browser, world.page, { timezoneId: "Asia/Kolkata" });
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
  await shows(page, "#summary .detail", "line: p99 of each second");
  await shows(page, "#daemon", "times in UTC+5:30");
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
  await shows(page, "#confirm-advice", "To shift it all the same, tick “even if a group is left without a healthy target”");
  await accessible(page);
  await screenshot(page, "refused", {});
  await page.getByLabel("For (1m to 72h)").fill("1s");
  await yes(page);
  await shows(page, "#confirm-problem", "400: for: 1s is not in 1m-72h");
  assert.equal(await page.locator("#confirm-advice").isVisible(), false);
  assert.match(await page.getByLabel("For (1m to 72h)").getAttribute("title"), /30m/);
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
  const since = Date.now();
  while (Date.now() < since + 7000) {
    const [verdict, value] = await page.evaluate(() =>
      ["#findings", ".card:nth-child(3) .value"].map((one) => document.querySelector(one).textContent));
    assert.equal(verdict.includes("5xx"), value !== "0 /s", `${verdict} but ${value}`);
    await pause(100);
  }
  await shows(page, "#summary .detail", "in all, last");
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

test("what was asked again is counted, and that nobody noticed", async () => {
  const page = await open(browser, world.page);
  await live(page);
  await eventually(async () => !(await text(page, "#findings")).includes("5xx"));
  world.targets[1].stop();
  await shows(page, "#findings", "weir sent the requests again, and no user saw an error");
  await shows(page, ".card .detail", "connection refused");
  await shows(page, "#groups", "retried (connection ");
  await screenshot(page, "retried");
  await world.targets[1].again();
  await shows(page, ".tile[data-state=healthy]", "app-2");
  await close(page);
});

test("targets that do not answer are not weir's fault", async () => {
  const page = await open(browser, "about:blank");
  await pretend(page, world.page, (live, second) => {
    const [listener] = live.listeners;
    listener.errors.connect_refused = (listener.errors.connect_refused ?? 0) + 50 * second;
    listener.own_5xx += 50 * second;
    listener.responses[4] += 50 * second;
    const errors = live.target_columns.indexOf("connection_errors");
    for (const row of live.target_groups[0].targets.slice(0, 2)) row[errors] += 50 * second;
  });
  await page.goto(world.page);
  await shows(page, "#findings", "Targets do not answer (connection refused): app-1, app-2 in az-1; weir answers 502 for them");
  const cards = await page.locator(".card").allTextContents();
  assert.match(cards[1], /^Errors by weir0 \/s/);
  assert.match(cards[2], /^Errors by targets50 \/s\d+ in all, last [\d:]+.*connection refused/);
  await screenshot(page, "silent-targets");
  await page.context().close();
});

test("calls of gRPC that fail with no 5xx are errors, once, of those who failed them", async () => {
  const page = await open(browser, "about:blank");
  await pretend(page, world.page, (live, second) => {
    const [listener] = live.listeners;
    listener.errors.connect_refused = (listener.errors.connect_refused ?? 0) + 20 * second;
    listener.errors.no_target = (listener.errors.no_target ?? 0) + 10 * second;
    listener.own_5xx += 30 * second;
    listener.responses[1] += 80 * second;
    listener.responses[4] += 7 * second;
    live.routes = [["web", `calls ${kHtml}`, [], { target: 50 * second, weir: 30 * second }], ["web", "app", [], {}]];
  });
  await page.goto(world.page);
  await shows(page, "#findings", `Targets answer gRPC calls with errors: group calls ${kHtml}; seen here since`);
  await shows(page, "#findings", "Targets answer with 5xx");
  await shows(page, "#findings", "Targets do not answer (connection refused)");
  const cards = await page.locator(".card").allTextContents();
  assert.match(cards[1], /^Errors by weir10 \/s.*no target can serve/);
  assert.match(cards[2], /^Errors by targets77 \/s.*connection refused, 5xx of their own, failed gRPC calls/);
  assert.equal(await page.locator("img").count(), 0);
  await accessible(page);
  await screenshot(page, "grpc-failures");
  await page.context().close();
});

test("a target that is counted with others has no numbers of its own", async () => {
  const page = await open(browser, "about:blank");
  await pretend(page, world.page, (live) => {
    for (const column of ["requests", "responses_5xx", "connection_errors", "buckets"])
      live.target_groups[0].targets[0][live.target_columns.indexOf(column)] = null;
  });
  await page.goto(world.page);
  await shows(page, ".tile", "–, counted with others");
  await shows(page, ".zone .facts", "/s without 1 counted with others");
  await tile(page, "app-1").click();
  await shows(page, "#panel-body", "–, counted with others");
  await shows(page, "#panel-body", "– requests/s");
  assert.doesNotMatch(await text(page, "body"), /NaN|undefined|null/);
  await page.context().close();
});

test("a listener tells what it speaks, and what goes wrong with its TLS", async () => {
  const page = await open(browser, "about:blank");
  await pretend(page, world.page, (live, second) => {
    Object.assign(live.listeners[0], { protocol: "https", http2: true, proxy_protocol: true, client_auth: "required",
      handshakes: { full: 5, resumed: 9, failed: 7 * second }, certificate: { subject: "CN=x", expires: 4_000_000_000 } });
  });
  await page.goto(world.page);
  await shows(page, "#listeners .note", "https + h2 + PROXY + client certificate required · 127.0.0.1:");
  await shows(page, "#listeners .note", " · certificate until 2096-10-02");
  await shows(page, "#listeners tr:first-child td:nth-child(9)", "7.0");
  assert.doesNotMatch(await text(page, "#findings"), /certificate/);
  await accessible(page);
  await page.context().close();
});

for (const { days, level, words } of [
  { days: 13.9, level: "warn", words: "expires on " }, { days: 1.9, level: "bad", words: "expires on " },
  { days: -1, level: "bad", words: "has expired on " },
]) {
  test(`a certificate with ${days} days left is ${level}`, async () => {
    const page = await open(browser, "about:blank");
    await pretend(page, world.page, (live) => {
      const [listener] = live.listeners;
      listener.certificate = { subject: `CN=${kHtml}`, expires: live.at + 86_400 * days };
    });
    await page.goto(world.page);
    await shows(page, `#findings [data-level=${level}]`, `Listener web: certificate CN=${kHtml} ${words}`);
    await screenshot(page, `certificate-${level}`);
    await page.context().close();
  });
}

test("what is hidden in a name is shown, and the end of a long one", async () => {
  const long = `${"very-long-".repeat(20)}end\u202e\u009b`;
  const page = await open(browser, "about:blank");
  await pretend(page, world.page, (live) => {
    const [group] = live.target_groups;
    const row = group.targets[0];
    row[0] = long;
    const many = Array.from({ length: 200 }, (_, i) => [`of-many-other-targets-${i}`, ...group.targets[1].slice(1)]);
    group.targets = [row, ...many];
    live.bounds_seconds = [0.005, 0.01];
    live.routes = [["web", "app", [0, 0, 0], {}]];
    live.zone_shifts = [{ zone: "az-1", reason: "\u202egnihton", since: live.at, until: live.at + 60 }];
  });
  await page.goto(world.page);
  await shows(page, ".tile .name", "end\\u202e\\u009b");
  await shows(page, ".shifted", "\\u202egnihton");
  const name = tile(page, "very-long-").locator(".name");
  const [outer, inner] = [await name.boundingBox(), await name.locator("bdi").boundingBox()];
  assert.ok(inner.x + inner.width <= outer.x + outer.width + 1, "the end is in sight");
  assert.match(await tile(page, "of-many-other-targets-7").first().getAttribute("title"), /^of-many-other-targets-7 · 127.* · healthy$/);
  await accessible(page);
  await page.locator("#zones").scrollIntoViewIfNeeded();
  await screenshot(page, "many", {});
  await page.context().close();
});

test("targets that are not used are not missed among the healthy", async () => {
  const page = await open(browser, "about:blank");
  await pretend(page, world.page, (live) => {
    live.target_groups[0].targets[0][live.target_columns.indexOf("state")] = "unused";
    live.target_groups[0].targets[4][live.target_columns.indexOf("state")] = "unused";
  });
  await page.goto(world.page);
  await shows(page, ".zone .facts", "1 of 1 healthy");
  await shows(page, ".zone .facts", "unused · ");
  await page.context().close();
});

test("a latency above the last bound says that bound", async () => {
  const page = await open(browser, "about:blank");
  await pretend(page, world.page, (live, second) => {
    live.bounds_seconds = [0.005, 0.01];
    live.routes = [["web", "app", [0, 0, 9 * second], {}]];
  });
  await page.goto(world.page);
  await shows(page, "#summary .value", "p50 > 10 ms");
  await page.context().close();
});

test("a weir that hangs is told from one that answers", async () => {
  const page = await open(browser, world.page);
  await live(page);
  process.kill(world.weir.pid, "SIGSTOP");
  try {
    await shows(page, "#age", "no data for 4 s");
    assert.equal(await page.locator("body[data-old]").count(), 1);
    await accessible(page);
    await screenshot(page, "hangs");
    await shows(page, "#stream", "weir does not answer");
  } finally {
    process.kill(world.weir.pid, "SIGCONT");
  }
  await shows(page, "#stream", "live");
  assert.equal(await page.locator("body[data-old]").count(), 0);
  await close(page);
});

test("a late answer is not shown in another question", async () => {
  const page = await open(browser, world.page);
  await live(page);
  const waiting = [];
  await page.route("**/drain", (route) => void waiting.push(route));
  for (const answer of [{ status: 200, body: "{}" }, { status: 409, body: '{ "detail": "too late" }' }]) {
    await tile(page, "app-3").click();
    await page.getByRole("button", { name: "Drain", exact: true }).click();
    await yes(page);
    await eventually(() => waiting.length > 0);
    await page.locator("#confirm-no").click();
    await page.locator("#panel-close").click();
    await page.getByRole("button", { name: "Shift zone az-3 away" }).click();
    assert.equal(await page.locator("#confirm-yes").isEnabled(), true);
    await waiting.pop().fulfill(answer);
    await pause(300);
    assert.equal(await page.locator("#confirm").isVisible(), true);
    assert.equal(await page.locator("#confirm-problem").isVisible(), false);
    await page.locator("#confirm-no").click();
  }
  await close(page);
});

test("an action that is not answered may have been done all the same", async () => {
  const page = await open(browser, world.page);
  await live(page);
  await page.route("**/drain", () => {});
  await tile(page, "app-3").click();
  await page.getByRole("button", { name: "Drain", exact: true }).click();
  await yes(page);
  await shows(page, "#confirm-problem", "weir has not answered for 10 s; it may still have been done");
  await page.context().close();
});

test("several pages leave the browser a connection", async () => {
  const page = await open(browser, world.page);
  await live(page);
  await page.locator("#events li:not(.none)").first().waitFor();
  const others = [];
  for (let i = 0; i < 4; ++i) {
    others.push(await page.context().newPage());
    await others[i].goto(world.page);
    await live(others[i]);
  }
  await page.getByLabel("URL").fill(`${world.site}/`);
  await page.getByRole("button", { name: "Explain" }).click();
  await shows(page, ".decision", "of group app");
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
  await tile(page, "app-1").click();
  await page.locator(".probes li").first().waitFor();
  await hide(page, true);
  await shows(page, "#stream", "paused");
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await pause(7000);
  assert.deepEqual(asked, []);
  assert.equal(await text(page, "#age"), "");
  await hide(page, false);
  await shows(page, "#stream", "live");
  await eventually(() => ["live", "events", "targets"].every((name) => asked.some((url) => url.includes(`/api/v1/${name}`))));
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
