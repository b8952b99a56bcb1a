import { Chart } from "../kit/chart.js";
import { h, replace, segmented, svg } from "../kit/dom.js";
import { ago, moment, number } from "../kit/format.js";
import { errorNotice } from "../kit/notice.js";
import { everySecond, poll } from "../kit/poll.js";
import { Table } from "../kit/table.js";
import { channelLink } from "./channels.js";

/** Agents take a sample every 10 seconds. */
const INTERVAL = 10000;
const TOP = 50;
/** More lines than these cannot be told apart. */
const AGENT_LINES = 6;

/** What all channels and agents do, now and in the last hour. It renews itself while it can be seen. */
export function statisticsPage({ api, signal }) {
  const tiles = new Tiles();
  const charts = new Charts();
  const agents = agentTable(signal);
  const top = topTable();
  const problem = h("div", { "aria-live": "polite" });

  const load = poll(INTERVAL, async () => {
    const parts = [
      [`/stats/global`, (data) => tiles.showSummary(data)],
      ["/stats/history", (data) => { charts.show(data); tiles.showHistory(data); }],
      ["/stats/agents", (data) => { agents.show(data); tiles.showAgents(data); }],
      [`/stats/top?limit=${TOP}`, (data) => top.show(ranked(data.channels))],
    ];
    const failures = (await Promise.allSettled(parts.map(([path, show]) => part(api, path, show, signal))))
      .filter((result) => result.status === "rejected").map((result) => result.reason);
    if (signal.aborted) return;
    if (failures.length > 0) throw failures[0];
    replace(problem);
  }, signal, (error) => {
    replace(problem, errorNotice(error, () => load()));
    for (const table of [agents, top]) table.unavailable();
  });

  return h("div.page", {},
    h("div.page-head", {}, h("h1", {}, "Statistics"), charts.note,
      h("div.actions", {}, segmented("Lines of the charts", [["total", "Total"], ["agents", "Per agent"]], "total",
        (chosen) => charts.choose(chosen)))),
    problem, tiles.element,
    h("div.columns.even", {}, charts.subscribers.element, charts.messages.element),
    h("section.panel", { "aria-label": "Agents" }, h("header", {}, h("h2", {}, "Agents")), agents.element),
    h("section.panel", { "aria-label": "Top channels" }, h("header", {}, h("h2", {}, `Top ${TOP} channels by subscribers`)), top.element));
}

/** Nothing has been reported yet where the answer is 404. */
async function part(api, path, show, signal) {
  try {
    show((await api.get(path, { signal })).data);
  } catch (error) {
    if (error.kind !== "missing") throw error;
  }
}

/** The figures of now. */
class Tiles {
  element;
  #values = {};

  constructor() {
    const tile = (name, text) => h("div", {}, h("dt", {}, text), this.#values[name] = h("dd", {}, "–"));
    this.element = h("dl.tiles", {}, tile("subscribers", "Subscribers"), tile("channels", "Channels in use"),
      tile("rate", "Messages per second"), tile("hour", "Messages in the last hour"), tile("published", "Messages since start"));
  }

  /** Every agent publishes every message: the one whose push-stream runs longest has counted most. */
  showAgents(agents) {
    this.#values.published.textContent = agents.length === 0 ? "–" : number(Math.max(...agents.map((agent) => agent.publishedMessages)));
  }

  showSummary({ aggregated }) {
    this.#values.subscribers.textContent = number(aggregated.subscribers);
    this.#values.channels.textContent = number(aggregated.channels);
  }

  showHistory({ resolution, total }) {
    const known = total.filter((sample) => sample.messages !== null);
    this.#values.rate.textContent = known.length === 0 ? "–" : number(known.at(-1).messages / resolution);
    this.#values.hour.textContent = known.length === 0 ? "–" : number(known.reduce((sum, sample) => sum + sample.messages, 0));
  }
}

/** Both charts, in total or with a line per agent. */
class Charts {
  subscribers = new Chart({ title: "Subscribers", unit: "subscribers" });
  messages = new Chart({ title: "Messages per second", unit: "messages/s" });
  note = h("span.muted", { role: "status" }, "Renewed every 10 seconds");
  #history = null;
  #kind = "total";

  show(history) {
    this.#history = history;
    this.#draw();
  }

  choose(kind) {
    this.#kind = kind;
    this.#draw();
  }

  #draw() {
    if (!this.#history) return;
    const { resolution, from, to, total, agents } = this.#history;
    const range = [Date.parse(from) / 1000, Date.parse(to) / 1000];
    const chosen = agents.toSorted((left, right) => latest(right) - latest(left)).slice(0, AGENT_LINES);
    const lines = this.#kind === "total" ? [{ agent: "Total", samples: total }] : chosen;
    this.note.textContent = this.#kind === "agents" && agents.length > chosen.length
      ? `The ${chosen.length} of ${agents.length} agents with most subscribers` : "Renewed every 10 seconds";
    const series = (value) => lines.map((line) => ({
      name: line.agent, samples: line.samples.map((sample) => ({ time: sample.time, value: value(sample) })),
    }));
    this.subscribers.show(series((sample) => sample.subscribers), range);
    this.messages.show(series((sample) => sample.messages === null ? null : sample.messages / resolution), range);
  }
}

/** An agent's subscribers when it was sampled last. */
function latest({ samples }) {
  return samples.findLast((sample) => sample.subscribers !== null)?.subscribers ?? 0;
}

function agentTable(signal) {
  const table = new Table({
    caption: "Agents",
    columns: [
      { title: "Agent", cell: (row) => row.agent },
      { title: "Host", cell: (row) => row.hostname },
      { title: "Subscribers", class: "number", cell: (row) => number(row.subscribers) },
      { title: "Channels", class: "number", cell: (row) => number(row.channels) },
      { title: "Messages", class: "number", cell: (row) => number(row.publishedMessages) },
      { title: "Behind", class: "number", cell: lag },
      { title: "Last report", class: "number", cell: (row) =>
        h("span", { dataset: { report: row.lastReport ?? "" }, title: moment(row.lastReport) }, ago(row.lastReport)) },
    ],
    empty: [h("strong", {}, "No agent has reported yet"), h("span", {}, "Each push-agent reports once a minute.")],
  });
  everySecond(() => {
    for (const cell of table.element.querySelectorAll("[data-report]")) cell.textContent = ago(cell.dataset.report);
  }, signal);
  return table;
}

/** How far an agent is behind the messages: a second is nothing to worry about. */
function lag({ position, lagMessages, lagSeconds }) {
  if (position === null) return h("span.muted", {}, "not known");
  if (lagMessages === 0 || (!lagMessages && !lagSeconds)) return h("span.badge.good", {}, "up to date");
  const text = lagMessages === null ? `${number(lagSeconds)} s` : `${number(lagMessages)} messages, ${number(lagSeconds)} s`;
  return h("span.badge", { class: lagSeconds > 10 ? "bad" : lagSeconds > 1 ? "warn" : "" }, text);
}

function topTable() {
  return new Table({
    caption: "Channels with most subscribers",
    columns: [
      { title: "Channel", cell: (row) => h("a", { href: channelLink(row.channel) }, row.channel) },
      { title: "Subscribers", class: "number", cell: (row) => number(row.subscribers) },
      { title: "", class: "bar-cell", cell: ({ subscribers, greatest }) => bar(subscribers / greatest) },
    ],
    empty: [h("strong", {}, "No channel has subscribers"), h("span", {}, "Agents report their top channels once a minute.")],
  });
}

/** The figure stands beside it: screen readers leave it out. */
function bar(share) {
  return svg("svg.bar", { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { width: Math.max(0.5, 100 * share), height: 8 }));
}

function ranked(channels) {
  const greatest = Math.max(1, ...channels.map((one) => one.subscribers));
  return channels.map((one) => ({ ...one, greatest }));
}
