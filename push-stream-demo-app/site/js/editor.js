import { byID, element } from "./dom.js";
import { defaultConnection, isHost } from "./settings.js";
import { TRANSPORTS } from "./transports/index.js";

/** The dialog in which a connection is made or changed. */
export class Editor {
  #dialog = byID("editor");
  #form = this.#dialog.querySelector("form");
  #onSave = () => {};

  constructor() {
    const choice = byID("editor-transport");
    choice.append(...Object.entries(TRANSPORTS).map(([name, { title }]) => element("option", { value: name }, title)));
    let before = choice.value;
    choice.addEventListener("change", () => {
      // A location that was not changed follows the transport.
      const path = byID("editor-path");
      if (path.value === TRANSPORTS[before].path) path.value = TRANSPORTS[choice.value].path;
      before = choice.value;
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    byID("editor-cancel").addEventListener("click", () => this.#dialog.close());
    this.open = (settings, onSave) => {
      before = settings?.transport ?? "eventsource";
      this.#open(settings ?? defaultConnection(before), onSave);
    };
  }

  #open(settings, onSave) {
    this.#onSave = onSave;
    byID("editor-transport").value = settings.transport;
    byID("editor-host").value = settings.host;
    byID("editor-port").value = String(settings.port);
    byID("editor-path").value = settings.path;
    byID("editor-channels").value = settings.channels.join(" ");
    byID("editor-secure").checked = settings.secure;
    byID("editor-problem").textContent = "";
    this.#dialog.showModal();
  }

  #submit() {
    const channels = byID("editor-channels").value.split(/\s+/).filter(Boolean);
    const host = byID("editor-host").value.trim();
    const problem = byID("editor-problem");
    problem.textContent = "";
    if (!isHost(host)) problem.textContent = "The host is a name or an address, without http:// and without a port.";
    else if (channels.length === 0) problem.textContent = "Name a channel at least.";
    if (problem.textContent !== "") return;
    this.#dialog.close();
    this.#onSave({
      transport: byID("editor-transport").value,
      host,
      port: Number(byID("editor-port").value),
      path: byID("editor-path").value.trim().replace(/\/+$/, ""),
      secure: byID("editor-secure").checked,
      channels,
    });
  }
}
