import { Card } from "./card.js";
import { byID, element } from "./dom.js";
import { Editor } from "./editor.js";
import { publish } from "./publisher.js";
import { defaultConnection, link, load, save, withoutPassword } from "./settings.js";
import { TRANSPORTS } from "./transports/index.js";

const { settings, isShared, isBroken } = load();
const editor = new Editor();
const cards = new Map();

function add(connection) {
  const card = new Card(connection, { onEdit: () => edit(connection), onRemove: () => remove(connection) });
  cards.set(connection, card);
  return card;
}

function changed() {
  save(settings);
  byID("empty").hidden = settings.connections.length > 0;
}

function create(connection) {
  settings.connections.push(connection);
  byID("connections").append(add(connection).element);
  changed();
}

function edit(connection) {
  editor.open(connection, (edited) => {
    settings.connections[settings.connections.indexOf(connection)] = edited;
    const before = cards.get(connection);
    cards.delete(connection);
    const card = add(edited);
    before.element.after(card.element);
    before.close();
    changed();
  });
}

function remove(connection) {
  settings.connections.splice(settings.connections.indexOf(connection), 1);
  cards.get(connection).close();
  cards.delete(connection);
  changed();
  byID("add").focus();
}

function notice(text) {
  byID("notice").textContent = text;
}

async function share() {
  const address = link(settings);
  try {
    await navigator.clipboard.writeText(address);
    notice("The link is copied. It opens these connections, and holds no password.");
  } catch {
    // A page without TLS may not use the clipboard.
    byID("notice").replaceChildren("Copy this link: ", element("a", { href: address }, address));
  }
}

byID("add").addEventListener("click", () => editor.open(null, create));
byID("add-all").addEventListener("click", () => {
  for (const transport of Object.keys(TRANSPORTS)) create(defaultConnection(transport));
});
byID("share").addEventListener("click", share);

const url = byID("publisher-url");
const channel = byID("publisher-channel");
url.value = settings.publisher.url;
channel.value = settings.publisher.channel;
byID("publisher").addEventListener("change", () => {
  settings.publisher = { url: withoutPassword(url.value), channel: channel.value };
  changed();
});
byID("publisher").addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = byID("published");
  const text = byID("publisher-text");
  said.textContent = "";
  said.classList.remove("problem");
  try {
    said.textContent = await publish({ url: url.value, channel: channel.value }, text.value);
    text.select();
  } catch (error) {
    said.classList.add("problem");
    said.textContent = error.message;
  }
});

// A page that is kept for the way back would hold on to its connections, of which a browser grants six for a server.
window.addEventListener("pagehide", () => cards.forEach((card) => card.leave()));
window.addEventListener("pageshow", (event) => { if (event.persisted) cards.forEach((card) => card.comeBack()); });

if (isShared) notice("These connections come from the link that you opened.");
if (isBroken) notice("The link could not be read, so your own connections are shown.");
byID("connections").append(...settings.connections.map((connection) => add(connection).element));
changed();
