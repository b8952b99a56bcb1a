import { TRANSPORTS } from "./transports/index.js";

const KEY = "push-stream-demo";

/**
 * @typedef {{ transport: string, host: string, port: number, path: string, secure: boolean, channels: string[] }} ConnectionSettings
 * @typedef {{ connections: ConnectionSettings[], publisher: { url: string, channel: string } }} Settings
 */

/** The machine that the page comes from is the first guess for where push-stream is. */
export function defaultConnection(transport) {
  const secure = location.protocol === "https:";
  return { transport, host: location.hostname || "localhost", port: 9080, path: TRANSPORTS[transport].path, secure, channels: ["demo.b5"] };
}

/** Those that a shared link has, else those of the last visit, else none. */
export function load() {
  const shared = new URLSearchParams(location.hash.slice(1)).get("settings");
  if (shared !== null) {
    // The address shall not bring them back over later changes.
    history.replaceState(null, "", location.pathname);
    const settings = check(parse(shared));
    if (settings) {
      save(settings);
      return { settings, isShared: true, isBroken: false };
    }
    return { settings: stored(), isShared: false, isBroken: true };
  }
  return { settings: stored(), isShared: false, isBroken: false };
}

export function save(settings) {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // Without storage they hold as long as the page.
  }
}

/** An address that opens the page with these settings. It holds no password: there is none in them. */
export function link(settings) {
  return `${location.origin}${location.pathname}#${new URLSearchParams({ settings: JSON.stringify(settings) })}`;
}

function stored() {
  let text = null;
  try {
    text = localStorage.getItem(KEY);
  } catch {
    // As above.
  }
  return check(parse(text ?? "")) ?? {
    connections: [], publisher: { url: `http://${location.hostname || "localhost"}:9081/pub`, channel: "demo" },
  };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What comes from outside, brought into the form that the rest of the program expects; `null` if it is something else. */
function check(value) {
  if (!Array.isArray(value?.connections) || value.connections.length > 50) return null;
  const connections = value.connections.map(checkConnection);
  if (connections.includes(null)) return null;
  return {
    connections,
    publisher: { url: withoutPassword(String(value.publisher?.url ?? "")), channel: String(value.publisher?.channel ?? "demo") },
  };
}

function checkConnection(value) {
  const { transport, host, port, path, secure, channels } = value ?? {};
  if (!Object.hasOwn(TRANSPORTS, transport) || typeof host !== "string" || !isHost(host)) return null;
  if (!Number.isInteger(port) || port < 1 || port > 65535) return null;
  if (typeof path !== "string" || !/^\/[^?#\s]*$/.test(path)) return null;
  if (!Array.isArray(channels) || channels.length === 0 || !channels.every((one) => typeof one === "string" && one !== "")) return null;
  return { transport, host, port, path: path.replace(/\/+$/, ""), secure: secure === true, channels };
}

/** A name or an address, and nothing that would make another URL of what it is put into. */
export function isHost(text) {
  return /^[A-Za-z0-9._-]+$|^[0-9A-Fa-f:.]+$/.test(text);
}

/** Links are for others. */
export function withoutPassword(text) {
  try {
    const url = new URL(text);
    url.username = "";
    url.password = "";
    return url.href;
  } catch {
    return "";
  }
}
