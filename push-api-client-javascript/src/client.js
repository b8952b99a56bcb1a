import { PushApiError } from "./errors.js";
import { Transport } from "./transport.js";

const DEFAULTS = { timeout: 10000, retries: 2, retryDelay: 200, maxRetryDelay: 10000 };
/** push-api's code of an error: the channel exists already. */
const CHANNEL_EXISTS = 11;

/** Calls push-api, version 1. Every method gives a promise, and takes `{ signal, timeout, retries }` as its last argument. */
export class PushApiClient {
  #transport;

  /**
   * @param {{ endpoint: string, username?: string, password?: string, apiKey?: string }} access `endpoint` is push-api's address, such as
   *   `PUSHAAS_ENDPOINT` says it.
   * @param {{ timeout?: number, retries?: number, retryDelay?: number, maxRetryDelay?: number, headers?: Record<string, string>,
   *   fetch?: typeof fetch }} [options] Times are milliseconds; `timeout` is for each try.
   */
  constructor({ endpoint, username, password, apiKey } = {}, options = {}) {
    const given = options.fetch ?? globalThis.fetch;
    if (typeof given !== "function") {
      throw new TypeError("there is no fetch here: PushApiClient needs Node 18 or later, or a fetch in its options");
    }
    const headers = { ...options.headers };
    const authorization = authorize(username, password, apiKey);
    if (authorization) headers.Authorization = authorization;
    this.#transport = new Transport(base(endpoint), headers, {
      ...DEFAULTS,
      ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
      // Called as a method of something else, a browser's own fetch refuses to work.
      fetch: (...parameters) => given(...parameters),
    });
  }

  // Channels

  /**
   * All channels, oldest first; with `limit`, `cursor`, `search` or `order` a page of them: `{ channels, cursor, total }`.
   *
   * @param {{ limit?: number, cursor?: string, search?: string, order?: "oldest" | "newest" }} [query]
   */
  async getChannels(query = {}, options = {}) {
    const parameters = new URLSearchParams();
    for (const name of ["limit", "cursor", "search", "order"]) {
      if (query?.[name] !== undefined && query[name] !== null) parameters.set(name, String(query[name]));
    }
    const text = parameters.toString();
    return (await this.#get(`/channels${text ? `?${text}` : ""}`, options)).data;
  }

  async getChannel(id, options = {}) {
    return (await this.#get(`/channels/${segment(id, "getChannel", "a channel's id")}`, options)).data;
  }

  /**
   * @param {{ id: string, ttl?: number }} channel `ttl`: seconds until it ends; 0, the default, is never.
   * @returns {Promise<{ id: string, ttl: number }>} What was created.
   */
  async createChannel(channel, options = {}) {
    const id = channel?.id;
    if (typeof id !== "string" || id === "") throw new TypeError("createChannel needs the id of the channel");
    const ttl = channel.ttl ?? 0;
    // Repeated after a lost answer it would be refused: the channel exists.
    await this.#transport.send("POST", "/api/v1/channels", { ...options, body: { id, ttl } });
    return { id, ttl };
  }

  /**
   * Creates a channel unless it exists, whose `ttl` then stays as it is.
   *
   * @returns {Promise<boolean>} Whether this call created it.
   */
  async ensureChannel(channel, options = {}) {
    const id = channel?.id;
    if (typeof id !== "string" || id === "") throw new TypeError("ensureChannel needs the id of the channel");
    try {
      await this.#transport.send("POST", "/api/v1/channels", { ...options, body: { id, ttl: channel.ttl ?? 0 }, isRepeatable: true });
      return true;
    } catch (error) {
      if (error instanceof PushApiError && error.response?.status === 400 && error.response.data?.code === CHANNEL_EXISTS) return false;
      throw error;
    }
  }

  async deleteChannel(id, options = {}) {
    // Not repeated by itself: after a lost answer the second try would say that there is none.
    await this.#transport.send("DELETE", `/api/v1/channels/${segment(id, "deleteChannel", "a channel's id")}`, options);
  }

  // Messages

  /**
   * Publishes a message, or a list of up to 1,000 messages, all of them or none.
   *
   * @param {{ channels: string[], content: string } | { channels: string[], content: string }[]} message
   * @param {{ idempotencyKey?: string, signal?: AbortSignal, timeout?: number, retries?: number }} [options] `idempotencyKey`: within ten
   *   minutes a call with the same key and the same messages publishes once. Each call makes one of its own, so that it can be repeated.
   * @returns {Promise<{ ids: string[] }>} The id of each message on each of its channels, in their order.
   */
  async postMessage(message, options = {}) {
    const list = Array.isArray(message) ? message : [message];
    if (list.length === 0) throw new TypeError("postMessage needs a message");
    const body = list.map((one) => {
      if (!Array.isArray(one?.channels) || one.channels.length === 0) throw new TypeError("postMessage needs the channels of the message");
      if (typeof one.content !== "string") throw new TypeError("postMessage needs the content of the message, a string");
      return { channels: one.channels, content: one.content };
    });
    const { idempotencyKey = newKey(), ...rest } = options;
    const answer = await this.#transport.send("POST", "/api/v1/messages", {
      ...rest,
      body: Array.isArray(message) ? body : body[0],
      headers: { "Idempotency-Key": idempotencyKey },
      isRepeatable: true,
    });
    if (answer.status === 200) return { ids: answer.data.messages.flatMap((one) => one.ids) };
    return { ids: (answer.headers["x-push-message-id"] ?? "").split(",").map((id) => id.trim()).filter(Boolean) };
  }

  // Keys

  async getKeys(options = {}) {
    return (await this.#get("/keys", options)).data;
  }

  async getKey(id, options = {}) {
    return (await this.#get(`/keys/${segment(id, "getKey", "a key's id")}`, options)).data;
  }

  /**
   * @param {{ name: string, scopes: ("publish" | "channels" | "stats" | "admin")[], channelPrefixes?: string[],
   *   limits?: { messagesPerSecond?: number, bytesPerSecond?: number }, ttl?: number }} key
   * @returns {Promise<{ id: string, key: string }>} `key` is its text, which is not shown again.
   */
  async createKey(key, options = {}) {
    if (typeof key?.name !== "string" || key.name === "") throw new TypeError("createKey needs the name of the key");
    if (!Array.isArray(key.scopes) || key.scopes.length === 0) throw new TypeError("createKey needs the scopes of the key");
    return (await this.#transport.send("POST", "/api/v1/keys", { ...options, body: key })).data;
  }

  /**
   * Makes a new text; the one of until now stays valid for `previousTTL` seconds, if that is given, else as long as push-api says.
   */
  async rotateKey(id, { previousTTL, ...options } = {}) {
    const body = previousTTL === undefined ? {} : { previousTTL };
    return (await this.#transport.send("POST", `/api/v1/keys/${segment(id, "rotateKey", "a key's id")}/rotate`, { ...options, body })).data;
  }

  async revokeKey(id, options = {}) {
    await this.#transport.send("DELETE", `/api/v1/keys/${segment(id, "revokeKey", "a key's id")}`, options);
  }

  // Statistics and addresses

  async getGlobalStats(options = {}) {
    return (await this.#get("/stats/global", options)).data;
  }

  async getChannelStats(id, options = {}) {
    return (await this.#get(`/stats/channels/${segment(id, "getChannelStats", "a channel's id")}`, options)).data;
  }

  /** `{ pushStream: { url, hostname, port } }`: where subscribers connect. */
  async getConfig(options = {}) {
    return (await this.#get("/config", options)).data;
  }

  #get(path, options) {
    return this.#transport.send("GET", `/api/v1${path}`, { ...options, isRepeatable: true });
  }
}

function base(endpoint) {
  let url;
  try {
    url = new URL(endpoint);
  } catch {
    throw new TypeError("PushApiClient needs the endpoint, the address of push-api: http://localhost:8080");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new TypeError("the endpoint begins with http:// or https://");
  if (url.username || url.password) throw new TypeError("username and password do not belong into the endpoint: give them apart");
  return (url.origin + url.pathname).replace(/\/+$/, "");
}

function authorize(username, password, apiKey) {
  if (apiKey) {
    if (username || password) throw new TypeError("give either apiKey, or username and password");
    return `Bearer ${apiKey}`;
  }
  if (!username && !password) return "";
  const bytes = new TextEncoder().encode(`${username ?? ""}:${password ?? ""}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

function segment(id, method, what) {
  if (typeof id !== "string" || id === "") throw new TypeError(`${method} needs ${what}`);
  return encodeURIComponent(id);
}

/** A page that is not served by TLS has no randomUUID. */
function newKey() {
  const bytes = globalThis.crypto?.getRandomValues?.(new Uint8Array(16));
  if (bytes) return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${Date.now().toString(16)}-${Math.random().toString(16).slice(2)}${Math.random().toString(16).slice(2)}`;
}
