// What the page looks at: a weir, its targets, and clients that ask all the time.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificate } from "./certificate.js";
import { eventually } from "./eventually.js";

const kWeir = new URL("../../build/release/weir", import.meta.url).pathname;
const kZones = ["az-1", "az-1", "az-2", "az-2", "az-3"];

/** A target whose answers can be changed while it runs. */
class Target {
  status = 200;
  health = 200;
  body = "hello";

  async start() {
    this.server = http.createServer((request, response) => {
      response.statusCode = request.url === "/health" ? this.health : this.status;
      response.end(this.body);
    });
    await this.#listen(0);
    this.address = `127.0.0.1:${this.server.address().port}`;
    return this;
  }

  #listen(port) {
    return new Promise((done) => this.server.listen(port, "127.0.0.1", done));
  }

  /** Takes connections again, at the same address. */
  again() {
    return this.#listen(Number(this.address.split(":")[1]));
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

function secureListener(directory) {
  const certificates = [["site", ["www.example.com", "example.com"]], ["shop", ["*.shop.example.com"]]]
    .map(([name, names]) => certificate(directory, name, names));
  return `  secure:
    bind: "127.0.0.1:0"
    protocol: https
    tls: { certificates: [ ${certificates.join(", ")} ] }
    forward: app
`;
}

function yaml(targets, { token, more = "" }) {
  const lines = targets.map((one, i) => `      - { address: "${one.address}", id: app-${i + 1}, zone: ${kZones[i]} }`);
  return `process: { state_dir: off }
admin: { bind: "127.0.0.1:0"${token ? `, token_file: ${token}` : ""} }
log: { access: { output: off } }
listeners:
  web:
    bind: "127.0.0.1:0"
    rules:
      - { name: health-of-weir, match: { path: /ping }, respond: { status: 200, body: pong } }
      - { name: static, match: { path: "/static/*" }, forward: app }
    forward: app
${more}target_groups:
  app:
    health_check: { path: /health, interval: 500ms, fast_interval: 500ms, timeout: 500ms, unhealthy_threshold: 4 }
    targets:
${lines.join("\n")}
`;
}

export class World {
  /** @param {{ token?: string, secure?: boolean }} [options] secure: with a listener of TLS, too */
  static async start({ token, secure } = {}) {
    const world = new World();
    world.directory = mkdtempSync(join(tmpdir(), "weir-browser-"));
    world.config = join(world.directory, "weir.yaml");
    const tokenFile = token && join(world.directory, "token");
    if (tokenFile) writeFileSync(tokenFile, token, { mode: 0o600 });
    world.targets = await Promise.all(kZones.map(() => new Target().start()));
    world.yaml = yaml(world.targets, { token: tokenFile, more: secure ? secureListener(world.directory) : "" });
    writeFileSync(world.config, world.yaml);
    await world.#run();
    return world;
  }

  async #run() {
    this.weir = spawn(kWeir, ["run", "-c", this.config], { stdio: ["ignore", "pipe", "pipe"] });
    this.said = "";
    for (const output of [this.weir.stdout, this.weir.stderr]) output.on("data", (bytes) => (this.said += bytes));
    const address = (name) => this.said.match(new RegExp(`${name}: listening on (\\S+)`))?.[1];
    await eventually(() => address("admin") && address("listener web"), () => this.said);
    this.page = `http://${address("admin")}/`;
    this.site = `http://${address("listener web")}`;
    this.securePort = address("listener secure")?.split(":")[1];
  }

  /** Asks for something every few milliseconds, until stop(). */
  ask() {
    const agent = new http.Agent({ keepAlive: true });
    const paths = ["/", "/static/logo.svg", "/ping", "/cart"];
    let number = 0;
    this.clients = setInterval(() => {
      const request = http.get(this.site + paths[number++ % paths.length], { agent }, (response) => response.resume());
      request.on("error", () => {});
    }, 5);
    this.agent = agent;
  }

  /** Another configuration, which weir sees by itself. */
  configure(text) {
    writeFileSync(this.config, text);
  }

  async stop() {
    clearInterval(this.clients);
    this.agent?.destroy();
    const ended = new Promise((done) => this.weir.on("exit", done));
    this.weir.kill("SIGINT");
    await ended;
    for (const target of this.targets) target.stop();
    rmSync(this.directory, { recursive: true });
  }
}
