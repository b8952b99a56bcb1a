import { element, getJSON } from "./dom.js";
import { keepLive } from "./live.js";

const PAUSE = 3000;
const SENTENCES = {
  connecting: "This browser connects to push-stream.",
  live: "This browser is connected to push-stream, and receives changes at once.",
  reconnecting: "This browser has lost its connection with push-stream, and tries again.",
  none: "This browser has no connection with push-stream.",
};

let browser = "connecting";
let checks = null;
let shown = "";

function show() {
  if (checks === null) return;
  const states = { live: "working", none: "problem" };
  const all = [...checks, { name: "This browser", state: states[browser] ?? "unknown", text: SENTENCES[browser] }];
  // Made anew only when something has changed: what is selected or has the focus stays.
  const now = JSON.stringify(all);
  if (now === shown) return;
  shown = now;
  document.getElementById("checks").replaceChildren(...all.map(({ name, state, text, advice, command }) => {
    const item = element("li", { "data-state": state }, element("h2", {}, name), element("p", {}, text));
    if (advice) item.append(element("p", { class: "advice" }, advice));
    if (command) item.append(element("pre", { tabindex: "0" }, command));
    return item;
  }));
}

async function look() {
  try {
    ({ checks } = await getJSON("/api/config"));
    show();
  } catch {
    // The badge says that the app does not answer.
  }
  setTimeout(look, PAUSE);
}

look();
keepLive({
  channels: ["articles"],
  onChange: () => {},
  refresh: async () => {},
  onState: (state) => {
    browser = state;
    show();
  },
});
