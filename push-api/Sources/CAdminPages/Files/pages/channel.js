import { run } from "../kit/busy.js";
import { field, h, replace, segmented } from "../kit/dom.js";
import { moment, number, timeLeft, timeOfDay } from "../kit/format.js";
import { errorNotice, notice } from "../kit/notice.js";
import { everySecond, poll } from "../kit/poll.js";
import { toast } from "../kit/toast.js";
import { createDialog, deleteDialog } from "./channels.js";
import { BACKTRACK, LiveConnection } from "./live.js";
import { MessageList } from "./message-list.js";

const STATISTICS_INTERVAL = 5000;
/** One failure is nothing: a push-stream that is restarted is back by then. */
const FAILURES_TO_EXPLAIN = 2;
const STATES = {
  connecting: ["warn", () => "Connecting…"],
  open: ["good", () => "Connected"],
  waiting: ["bad", (seconds) => `Interrupted, next try in ${seconds} s`],
  closed: ["", () => "Disconnected"],
};

/** One channel: its messages, live and stored, a form to publish, its record and its statistics. */
export function channelPage(context) {
  const { allows, parameters } = context;
  const record = h("div.panel-body");
  const actions = h("div.actions");
  if (allows("channels")) showRecord(context, record, actions);
  else replace(record, h("p.muted", {}, "This key cannot read channels."));
  return h("div.page", {},
    h("p.crumb", {}, h("a", { href: "#/channels" }, "Channels")),
    h("div.page-head", {}, h("h1", {}, parameters.id), actions),
    h("div.columns", {},
      livePanel(context),
      h("div.stack", {},
        allows("publish") && publishPanel(context),
        h("section.panel", { "aria-label": "Channel" }, h("header", {}, h("h2", {}, "Channel")), record),
        allows("stats") && statisticsPanel(context))));
}

function livePanel({ parameters, streamURL, signal }) {
  const list = new MessageList();
  const state = h("span.badge.dot.live-state", { role: "status" });
  const toggle = h("button.small", { type: "button" }, "Disconnect");
  const problem = h("div", { "aria-live": "polite" });
  let transport = "eventsource";
  const connection = new LiveConnection({
    base: streamURL, channel: parameters.id,
    onState: (name, seconds, failures) => {
      const [kind, text] = STATES[name];
      state.className = `badge dot live-state ${kind}`;
      state.dataset.state = name;
      state.textContent = text(seconds);
      toggle.textContent = name === "closed" ? "Connect" : "Disconnect";
      if (name === "open") replace(problem);
      else if (name === "waiting" && failures === FAILURES_TO_EXPLAIN) replace(problem, h("div.panel-body", {}, unreachable(streamURL)));
    },
    onMessage: (message, isStored) => list.add(message, isStored),
    onHistoryEnd: () => list.endHistory(),
  });
  toggle.addEventListener("click", () => (connection.isOpen ? connection.close() : connection.open(transport)));
  addEventListener("online", () => connection.retryNow(), { signal });
  signal.addEventListener("abort", () => connection.close());
  connection.open(transport);
  return h("section.panel", { "aria-label": "Messages" },
    h("header", {}, h("h2", {}, "Messages"), state,
      h("div.actions", {},
        segmented("Transport", [["eventsource", "EventSource"], ["websocket", "WebSocket"]], transport, (chosen) => {
          transport = chosen;
          connection.open(transport);
        }),
        toggle)),
    isMixedContent(streamURL) && h("div.panel-body", {}, notice("warning", "The browser will not connect",
      `This page came over HTTPS, but push-stream’s address is ${streamURL}: set push_stream.url to an https address.`)),
    problem,
    list.element,
    h("div.pager", {}, h("span", {}, `Begins with the last ${BACKTRACK} messages that push-stream still holds.`),
      h("div", {}, list.count,
        h("button.small", { type: "button", onclick: () => list.clear("Cleared. New messages appear here.") }, "Clear"))));
}

/** A browser does not tell a page why a connection failed. */
function unreachable(streamURL) {
  return notice("warning", "push-stream does not take this connection",
    `Its address for browsers is ${streamURL} (push_stream.url). It may be down, not reachable from here, or refuse this channel.`);
}

function isMixedContent(streamURL) {
  return location.protocol === "https:" && streamURL.startsWith("http:") && !/^http:\/\/(localhost|127\.|\[::1\])/.test(streamURL);
}

function publishPanel({ api, parameters }) {
  const content = h("textarea", { name: "content", required: true, spellcheck: "false", rows: "4" });
  const button = h("button.primary", { type: "submit" }, "Publish");
  const place = h("div", { "aria-live": "polite" });
  let attempt = { text: null, key: "" };
  const form = h("form.panel-body", {
    onsubmit: async (event) => {
      event.preventDefault();
      const text = content.value;
      // A repetition of the same text after a failure publishes once: the first try may have arrived.
      if (text !== attempt.text) attempt = { text, key: randomKey() };
      let id = "";
      const isDone = await run(button, place, async () => {
        const answer = await api.post("/messages", { channels: [parameters.id], content: text },
          { headers: { "Idempotency-Key": attempt.key } });
        id = answer.headers.get("X-Push-Message-Id") ?? "";
      });
      if (!isDone) return;
      attempt = { text: null, key: "" };
      toast(`Published as ${id}`);
      // What was typed meanwhile is the next message.
      if (content.value === text) content.value = "";
      content.focus();
    },
    onkeydown: (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    },
  }, field("Content", content, "Any text up to 32 KB. Ctrl+Enter publishes."), place, button);
  return h("section.panel", { "aria-label": "Publish" }, h("header", {}, h("h2", {}, "Publish")), form);
}

/** 128 random bits; `crypto.randomUUID` is there over HTTPS only. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function showRecord(context, place, actions) {
  const { api, parameters, signal } = context;
  const again = () => showRecord(context, place, actions);
  replace(place, h("p.muted", { role: "status" }, "Loading…"));
  replace(actions);
  try {
    const { data } = await api.get(`/channels/${encodeURIComponent(parameters.id)}`, { signal });
    const left = h("span", {}, timeLeft(data.expires));
    everySecond(() => { left.textContent = timeLeft(data.expires); }, signal);
    replace(place, h("dl.facts", {},
      h("dt", {}, "Created"), h("dd", {}, moment(data.created)),
      h("dt", {}, "Expires"), h("dd", {}, left, data.expires && h("span.muted", {}, ` (${moment(data.expires)})`))));
    replace(actions, h("button.quiet-danger", {
      type: "button", onclick: () => deleteDialog(api, parameters.id, () => { location.hash = "#/channels"; }),
    }, "Delete"));
  } catch (error) {
    if (signal.aborted) return;
    if (error.kind !== "missing") {
      replace(place, errorNotice(error, again));
      return;
    }
    replace(place, h("p.muted", {}, "Nobody has created this channel, or it has expired: it lives while it has subscribers or recent messages."));
    replace(actions, h("button", { type: "button", onclick: () => createDialog(api, { id: parameters.id, done: again }) }, "Keep channel"));
  }
}

function statisticsPanel({ api, parameters, signal }) {
  const place = h("div.panel-body", { "aria-busy": "true" }, h("p.muted", { role: "status" }, "Loading…"));
  const load = poll(STATISTICS_INTERVAL, async () => {
    let report = null;
    try {
      report = (await api.get(`/stats/channels/${encodeURIComponent(parameters.id)}`, { signal })).data;
    } catch (error) {
      if (error.kind !== "missing") throw error;
    }
    place.removeAttribute("aria-busy");
    replace(place, report
      ? [facts(report), report.all.length > 1 && agentList(report.all), h("p.hint", {}, `As of ${timeOfDay(Date.now())}; agents report each minute.`)]
      : h("p.muted", {}, "No agent has reported this channel yet; they report each minute."));
  }, signal, (error) => replace(place, errorNotice(error, () => load())));
  return h("section.panel", { "aria-label": "Statistics" }, h("header", {}, h("h2", {}, "Statistics")), place);
}

function facts({ aggregated, all }) {
  // Every agent publishes every message, so the greatest number is the truest one.
  const greatest = (name) => Math.max(...all.map((entry) => Number(entry[name]) || 0));
  return h("dl.facts", {},
    h("dt", {}, "Subscribers"), h("dd", {}, number(aggregated.subscribers)),
    h("dt", {}, "Messages published"), h("dd", {}, number(greatest("published_messages"))),
    h("dt", {}, "Messages stored"), h("dd", {}, number(greatest("stored_messages"))));
}

function agentList(entries) {
  return h("div", {}, h("h3", {}, "Subscribers per agent"), h("dl.facts", {}, entries.map((entry) =>
    [h("dt", {}, entry.agent), h("dd", {}, number(Number(entry.subscribers)))])));
}
