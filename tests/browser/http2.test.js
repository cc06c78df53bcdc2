// A site with TLS, as Chromium sees it: HTTP/2, and a WebSocket over it (RFC 8441).

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch } from "./browser.js";
import { certificate } from "./certificate.js";
import { eventually } from "./eventually.js";

const kRoot = new URL("../../", import.meta.url).pathname;

let directory, target, echo, weir, browser;

/** A program, and what it says. */
function start(program, ...options) {
  const process = spawn(program, options, { stdio: ["ignore", "pipe", "pipe"] });
  const started = { process, out: "", err: "" };
  process.stdout.on("data", (bytes) => (started.out += bytes));
  process.stderr.on("data", (bytes) => (started.err += bytes));
  return started;
}

function yaml() {
  return `process: { state_dir: off }
admin: { bind: "unix:${directory}/admin.sock" }
listeners:
  web:
    bind: "127.0.0.1:0"
    protocol: https
    tls: { certificates: [ ${certificate(directory, "site", ["localhost"])} ] }
    rules:
      - { match: { path: /chat }, forward: chat }
    forward: app
target_groups:
  app: { targets: [ "127.0.0.1:${target.address().port}" ] }
  chat: { health_check: { protocol: tcp }, targets: [ "${echo.out.trim()}" ] }
`;
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "weir-browser-"));
  target = http.createServer((request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><title>${request.url}</title><p>hello`);
  });
  await new Promise((done) => target.listen(0, "127.0.0.1", done));
  echo = start("/usr/bin/python3", "-u", `${kRoot}tests/e2e/websocket_peer.py`, "serve");
  await eventually(() => echo.out.includes("\n"), () => echo.err);
  const file = join(directory, "weir.yaml");
  writeFileSync(file, yaml());
  weir = start(`${kRoot}build/release/weir`, "run", "-c", file);
  weir.port = await eventually(() => weir.err.match(/listener web: listening on \S+:(\d+)/)?.[1], () => weir.err);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  for (const one of [weir, echo]) {
    if (!one) continue;
    const ended = new Promise((done) => one.process.on("exit", done));
    one.process.kill("SIGINT");
    await ended;
  }
  target.closeAllConnections();
  target.close();
  rmSync(directory, { recursive: true });
});

const log = () => weir.out.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));

test("a page, its parts and a WebSocket come over one connection of HTTP/2", async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const site = `https://localhost:${weir.port}`;
  await page.goto(`${site}/`);
  assert.equal(await page.evaluate(() => performance.getEntriesByType("navigation")[0].nextHopProtocol), "h2");
  const parts = await page.evaluate(async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => fetch(`/part/${i}`)));
    return Promise.all(answers.map(async (answer) => answer.status + (await answer.text())));
  });
  assert.equal(parts.filter((text) => text.startsWith("200")).length, 50);

  const echoed = await page.evaluate(() => new Promise((done, failed) => {
    const socket = new WebSocket(`wss://${location.host}/chat`);
    const received = [];
    socket.onopen = () => ["hello", "x".repeat(200_000), "bye"].forEach((text) => socket.send(text));
    socket.onerror = () => failed(new Error("the WebSocket failed"));
    socket.onmessage = (event) => received.push(event.data.length) === 3 && socket.close(1000);
    socket.onclose = (event) => done([event.code, ...received]);
  }));
  assert.deepEqual(echoed, [1000, 5, 200_000, 3]);

  const tunnel = await eventually(() => log().find((line) => line.url.endsWith("/chat")), () => weir.out);
  assert.equal(tunnel.type, "wss");
  assert.equal(tunnel.protocol, "HTTP/2.0");
  // One connection, since one port of the client.
  const ports = new Set(log().map((line) => line.client_port));
  assert.equal(ports.size, 1, [...ports].join());
  await context.close();
});
