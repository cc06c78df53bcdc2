// @ts-check
// One message a second comes in; every part of the page shows what of it is its own.

import { token } from "./api.js";
import { askForToken } from "./confirm.js";
import { byId, setAttribute, setText } from "./dom.js";
import { followEvents } from "./events.js";
import "./explain.js";
import { duration, time } from "./format.js";
import { History } from "./history.js";
import { showListeners } from "./listeners.js";
import { liveOf } from "./model.js";
import { Stream } from "./stream.js";
import { showSummary } from "./summary.js";
import { openPanel, showPanel } from "./target_panel.js";
import { showVerdict } from "./verdict.js";
import { showZones } from "./zones.js";

const history = new History();

/** @param {import("./model.js").Live} live */
function showDaemon(live) {
  setText(byId("daemon"), `${live.version} · up ${duration(live.at - live.started)} · ${live.workers} workers · ` +
    `configuration ${live.config.hash.slice(0, 8)} of ${time(live.config.loaded)}`);
}

/** @param {any} message */
function take(message) {
  const live = liveOf(message);
  history.add(live);
  showDaemon(live);
  showVerdict(history);
  showSummary(history);
  showZones(history, (key) => openPanel(history.newest?.targets.get(key), history));
  showListeners(history);
  showPanel(history);
}

/**
 * @param {string} state
 * @param {string} detail
 */
function tell(state, detail) {
  setAttribute(byId("stream"), "data-stream", state);
  setAttribute(document.body, "data-stream", state);
  setText(byId("stream"), detail);
}

function showToken() {
  setText(byId("token"), token() ? "Token ✓" : "Token");
  setAttribute(byId("token"), "aria-label", token() ? "Token: one is set" : "Token: none is set");
}

const live = new Stream("/api/v1/live", { take, tell, silence: 8000 });
const events = followEvents();

byId("token").addEventListener("click", () =>
  askForToken(() => {
    showToken();
    live.restart();
    events.restart();
  }),
);
showToken();
