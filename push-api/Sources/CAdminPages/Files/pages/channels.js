import { field, h, replace, select } from "../kit/dom.js";
import { confirmDialog, formDialog } from "../kit/dialog.js";
import { moment, number, timeLeft } from "../kit/format.js";
import { notice } from "../kit/notice.js";
import { everySecond } from "../kit/poll.js";
import { Table } from "../kit/table.js";
import { toast } from "../kit/toast.js";

const PAGE_SIZE = 50;
/** A search looks at some thousand channels a request; after so many requests the user decides whether to go on. */
const REQUESTS_PER_PAGE = 20;
const LIFETIMES = [
  ["0", "For ever"], ["600", "10 minutes"], ["3600", "1 hour"], ["86400", "1 day"], ["604800", "7 days"], ["2592000", "30 days"],
  ["other", "Other…"],
];

export function channelLink(id) {
  return `#/channels/${encodeURIComponent(id)}`;
}

/** All persistent channels: search, create, delete. */
export function channelsPage({ api, allows, prefixes, signal }) {
  const open = openForm();
  if (!allows("channels")) {
    return h("div.page", {}, h("div.page-head", {}, h("h1", {}, "Channels")), notice("info", "This key cannot list channels",
      "It lacks the scope “channels”. You can still open a channel whose name you know."), open);
  }
  const list = new ChannelList(api, signal);
  const search = h("input", { type: "search", placeholder: "Part of a name", autocapitalize: "none", spellcheck: "false" });
  const order = select([["newest", "Newest first"], ["oldest", "Oldest first"]], {
    onchange: () => list.begin({ order: order.value }),
  });
  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => list.begin({ search: search.value.trim() }), 250);
  });
  signal.addEventListener("abort", () => clearTimeout(typing));
  list.begin({ order: "newest", search: "" });
  return h("div.page", {},
    h("div.page-head", {},
      h("h1", {}, "Channels"), list.count,
      h("div.actions", {}, h("button.primary", {
        type: "button", onclick: () => createDialog(api, { done: () => list.begin({}) }),
      }, "Create channel"))),
    prefixes.length > 0 && h("p.muted", {}, `Your key sees the channels that begin with ${prefixes.join(", ")}.`),
    h("div.toolbar", {}, h("div.grow", {}, field("Search", search)), field("Order", order), open),
    h("div.panel", {}, list.table.element, list.pager));
}

/** Leads to any channel: those that nobody has created exist too. */
function openForm() {
  const name = h("input", { required: true, maxlength: "200", placeholder: "Any channel’s name", autocapitalize: "none", spellcheck: "false" });
  return h("form.toolbar", { onsubmit: (event) => { event.preventDefault(); location.hash = channelLink(name.value); } },
    field("Open", name), h("button", { type: "submit" }, "Open"));
}

/** The list, its pages and its count. */
class ChannelList {
  count = h("span.muted", { role: "status" });
  pager = h("div.pager", { hidden: true });
  table;
  #api;
  #signal;
  #query = {};
  /** The cursors of the pages up to the one that is shown; the first page has none. */
  #cursors = [null];
  #request = null;

  constructor(api, signal) {
    this.#api = api;
    this.#signal = signal;
    this.table = new Table({
      caption: "Channels",
      columns: [
        { title: "Channel", cell: (row) => h("a", { href: channelLink(row.id) }, row.id) },
        { title: "Created", class: "moment", cell: (row) => moment(row.created) },
        {
          title: "Expires", class: "moment", cell: (row) => h("span", { dataset: { expires: row.expires ?? "" }, title: moment(row.expires) },
            timeLeft(row.expires)),
        },
        {
          title: "", class: "actions", cell: (row) => h("button.small.quiet-danger", {
            type: "button", "aria-label": `Delete ${row.id}`,
            onclick: () => deleteDialog(this.#api, row.id, () => this.#load()),
          }, "Delete"),
        },
      ],
      empty: "",
    });
    everySecond(() => this.#tick(), signal);
  }

  /** Shows the first page of a changed query. */
  begin(changes) {
    this.#query = { ...this.#query, ...changes };
    this.#cursors = [null];
    this.#load();
  }

  async #load() {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    this.table.loading();
    try {
      const { channels, cursor, total } = await this.#page(this.#cursors.at(-1), AbortSignal.any([this.#signal, request.signal]));
      // The last channel of the last page has gone.
      if (channels.length === 0 && !cursor && this.#cursors.length > 1) {
        this.#cursors.pop();
        this.#load();
        return;
      }
      this.table.empty = this.#emptyText(cursor);
      this.table.show(channels);
      // Who may see only some of them is not told how many there are.
      this.count.textContent = total === null ? "" : `${number(total)} in all`;
      this.#showPager(channels.length, cursor);
    } catch (error) {
      if (request.signal.aborted || this.#signal.aborted) return;
      this.table.fail(error, () => this.#load());
    }
  }

  /** A page may come in parts when few of many channels match. */
  async #page(cursor, signal) {
    const channels = [];
    let answer = { cursor };
    for (let count = 0; count < REQUESTS_PER_PAGE; count += 1) {
      const parameters = new URLSearchParams({ limit: PAGE_SIZE - channels.length, order: this.#query.order });
      if (this.#query.search) parameters.set("search", this.#query.search);
      if (answer.cursor) parameters.set("cursor", answer.cursor);
      answer = (await this.#api.get(`/channels?${parameters}`, { signal })).data;
      channels.push(...answer.channels);
      if (!answer.cursor || channels.length >= PAGE_SIZE) break;
    }
    return { channels, cursor: answer.cursor, total: answer.total };
  }

  #emptyText(cursor) {
    if (cursor) return [h("strong", {}, "Nothing found so far"), h("span", {}, "There are more channels to search.")];
    if (this.#query.search) return [h("strong", {}, `No channel’s name holds “${this.#query.search}”`)];
    return [h("strong", {}, "There is no channel yet"),
      h("span", {}, "Channels need not be created to be used. One that is created exists for its time in any case.")];
  }

  #showPager(count, cursor) {
    const page = this.#cursors.length;
    const turn = (cursors) => { this.#cursors = cursors; this.#load(); };
    this.pager.hidden = page === 1 && !cursor;
    replace(this.pager, h("span", {}, `Page ${page}, ${count} channels`), h("div", {},
      h("button.small", { type: "button", disabled: page === 1, onclick: () => turn(this.#cursors.slice(0, -1)) }, "Previous"),
      h("button.small", { type: "button", disabled: !cursor, onclick: () => turn([...this.#cursors, cursor]) },
        count === 0 ? "Search on" : "Next")));
  }

  #tick() {
    for (const cell of this.table.element.querySelectorAll("[data-expires]")) {
      const text = timeLeft(cell.dataset.expires);
      if (cell.textContent !== text) cell.textContent = text;
    }
  }
}

/** @param {() => void} done Called when the channel is gone, whoever deleted it. */
export function deleteDialog(api, id, done) {
  confirmDialog({
    title: `Delete ${id}?`,
    text: "It is kept no longer. Its subscribers stay connected, and messages can still be published on it.",
    label: "Delete channel",
    action: async () => {
      try {
        await api.delete(`/channels/${encodeURIComponent(id)}`);
      } catch (error) {
        if (error.kind !== "missing") throw error;
      }
      toast(`Channel ${id} deleted`);
      done();
    },
  });
}

/** @param {{ id?: string, done: (id: string) => void }} options With `id` only the time can be chosen. */
export function createDialog(api, { id = "", done }) {
  const name = h("input", {
    name: "channel", value: id, readonly: id !== "", required: true, maxlength: "200", autocapitalize: "none", autocomplete: "off", spellcheck: "false",
  });
  const seconds = h("input", { name: "ttl", type: "number", min: "1", max: "315360000", step: "1", inputmode: "numeric", required: true });
  const other = h("div", { hidden: true }, field("Seconds", seconds));
  seconds.disabled = true;
  const lifetime = select(LIFETIMES, {
    onchange: () => {
      other.hidden = lifetime.value !== "other";
      seconds.disabled = other.hidden;
      if (!other.hidden) seconds.focus();
    },
  }, "3600");
  formDialog({
    title: id ? `Keep ${id}` : "Create channel",
    body: [
      field("Name", name, "Up to 200 bytes, without /, * and spaces."),
      field("Exists for", lifetime, "In any case, also without subscribers and messages."), other,
    ],
    label: id ? "Keep channel" : "Create channel",
    submit: async () => {
      const ttl = Number(lifetime.value === "other" ? seconds.value : lifetime.value);
      await api.post("/channels", { id: name.value, ttl });
      toast(`Channel ${name.value} created`);
    },
    done: () => done(name.value),
  });
}
