// @ts-check
// One message a second comes in; every part of the page shows what of it is its own.

import { token, tokenChanges } from "./api.js";
import { askForToken } from "./confirm.js";
import { byId, setAttribute, setText } from "./dom.js";
import { followEvents } from "./events.js";
import "./explain.js";
import { duration, time, timeZone } from "./format.js";
import { History } from "./history.js";
import { showListeners } from "./listeners.js";
import { liveOf } from "./model.js";
import { Stream } from "./stream.js";
import { showSummary } from "./summary.js";
import { openPanel, showPanel } from "./target_panel.js";
import { showVerdict } from "./verdict.js";
import { showZones } from "./zones.js";

const kOld = 3000;

const history = new History();
let newest = performance.now();
let state = "connecting";

/** @param {import("./model.js").Live} live */
function showDaemon(live) {
  setText(byId("daemon"), `${live.version} · up ${duration(live.at - live.started)} · ${live.workers} worker${live.workers === 1 ? "" : "s"} · ` +
    `configuration ${live.config.hash.slice(0, 8)} of ${time(live.config.loaded)} · times in ${timeZone()}`);
}

/** @param {any} message */
function take(message) {
  const live = liveOf(message);
  history.add(live);
  newest = performance.now();
  showAge();
  showDaemon(live);
  showVerdict(history);
  showSummary(history);
  showZones(history, (key) => openPanel(history.newest?.targets.get(key), history));
  showListeners(history);
  showPanel(history);
}

/**
 * @param {string} now
 * @param {string} detail
 */
function tell(now, detail) {
  state = now;
  setAttribute(byId("stream"), "data-stream", state);
  setText(byId("stream"), detail);
  showAge();
}

/** Old figures are dimmed, whatever the stream believes of itself. */
function showAge() {
  const age = performance.now() - newest;
  const old = age > kOld && state !== "paused";
  setAttribute(document.body, "data-old", old);
  setText(byId("age"), old ? `no data for ${duration(age / 1000)}` : "");
  if (old && state === "live") tell("silent", "silent");
  else if (!old && state === "silent") tell("live", "live");
}

function showToken() {
  setText(byId("token"), token() ? "Token ✓" : "Token");
  setAttribute(byId("token"), "aria-label", token() ? "Token: one is set" : "Token: none is set");
}

const live = new Stream("/api/v1/live", { take, tell, silence: 5000 });
const events = followEvents();

byId("token").addEventListener("click", () =>
  askForToken(() => {
    live.restart();
    events.restart();
  }),
);
tokenChanges.addEventListener("change", showToken);
setInterval(showAge, 1000);
showToken();
