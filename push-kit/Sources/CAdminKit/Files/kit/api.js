/** Longer than the service takes to say that its database is away. */
const TIMEOUT = 15000;

/** What went wrong, in terms of what a person can do about it. */
export class APIError extends Error {
  /**
   * @param {"offline"|"unreachable"|"unauthorized"|"forbidden"|"missing"|"limited"|"unavailable"|"refused"|"failed"|"mistaken"} kind
   *   `mistaken`: wrong credentials at the sign-in page, which says so itself.
   * @param {{ status?: number, code?: number, message?: string, wait?: number }} details `wait` in seconds.
   */
  constructor(kind, { status = 0, code = 0, message = "", wait = 0 } = {}) {
    super(message || kind);
    Object.assign(this, { kind, status, code, wait, detail: sentence(message) });
  }
}

/** A client of a JSON API whose errors are `{ "code", "message" }`. */
export class API {
  #base;
  #session;
  #onUnauthorized;

  /**
   * @param {string} base Begins all paths: `/api/v1`.
   * @param {Session} session Its credentials go with each request.
   * @param {(error: APIError) => void} onUnauthorized Called when the session's credentials are not accepted any more.
   */
  constructor(base, session, onUnauthorized) {
    this.#base = base;
    this.#session = session;
    this.#onUnauthorized = onUnauthorized;
  }

  get(path, options) {
    return this.send("GET", path, options);
  }

  post(path, body, options) {
    return this.send("POST", path, { ...options, body });
  }

  delete(path, options) {
    return this.send("DELETE", path, options);
  }

  /**
   * @param {{ body?: unknown, headers?: object, signal?: AbortSignal, authorization?: string }} options With `authorization` the
   *   session takes no part.
   * @returns `{ status, headers, data }`; `data` is `null` where there is no JSON.
   * @throws APIError; the abort's reason if `signal` ends it.
   */
  async send(method, path, { body, headers = {}, signal, authorization } = {}) {
    const credentials = authorization ?? this.#session.authorization;
    const timeout = AbortSignal.timeout(TIMEOUT);
    let response;
    let text;
    try {
      response = await fetch(this.#base + path, {
        method,
        headers: {
          Accept: "application/json",
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...(credentials ? { Authorization: credentials } : {}),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        // Without it a browser would answer 401 by a window of its own.
        credentials: "omit",
        cache: "no-store",
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      text = await response.text();
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new APIError(navigator.onLine ? "unreachable" : "offline");
    }
    const data = parse(text);
    if (response.ok) return { status: response.status, headers: response.headers, data };
    const error = failure(response, data);
    if (error.kind === "unauthorized" && authorization === undefined) this.#onUnauthorized(error);
    throw error;
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function failure(response, data) {
  const details = {
    status: response.status,
    code: data?.code,
    message: typeof data?.message === "string" ? data.message : "",
    wait: Math.max(0, Number.parseInt(response.headers.get("Retry-After"), 10) || 0),
  };
  switch (response.status) {
    case 401: return new APIError("unauthorized", details);
    case 403: return new APIError("forbidden", details);
    case 404: return new APIError("missing", details);
    case 429: return new APIError("limited", { ...details, wait: details.wait || 1 });
    case 502:
    case 503:
    case 504: return new APIError("unavailable", { ...details, wait: details.wait || 2 });
    default: return new APIError(response.status < 500 ? "refused" : "failed", details);
  }
}

/**
 * An error for people: a title, and a text that says what to do.
 *
 * @returns {{ title: string, text: string, wait: number }} `wait`: seconds before another try makes sense.
 */
export function explain(error) {
  const wait = error.wait ?? 0;
  switch (error instanceof APIError ? error.kind : "") {
    case "offline":
      return { title: "You are offline", text: "This device has no network connection. Try again when it is back.", wait };
    case "unreachable":
      return { title: "The server does not answer", text: "It may be restarting, or your network may block it.", wait };
    case "unauthorized":
      return { title: "You are not signed in", text: "These credentials are not accepted, or not any more. Sign in again.", wait };
    case "mistaken":
      return { title: "That did not work", text: error.detail, wait };
    case "forbidden":
      return { title: "You are not allowed to do this", text: error.detail || "Your key lacks the scope for it.", wait };
    case "missing":
      return { title: "Not found", text: error.detail || "It may have been deleted, or it has expired.", wait };
    case "limited":
      return { title: "Too many requests", text: `The service slows you down. Wait ${seconds(wait)}, then try again.`, wait };
    case "unavailable":
      return {
        title: "The service is not ready",
        text: `${error.detail || "Its database does not answer."} Try again in ${seconds(wait)}.`,
        wait,
      };
    case "refused":
      return { title: "This was not accepted", text: error.detail || `The server refused it (status ${error.status}).`, wait };
    case "failed":
      return { title: "The server failed", text: error.detail || `It answered with status ${error.status}.`, wait };
    default:
      return { title: "Something went wrong on this page", text: `${error}. Reload the page.`, wait };
  }
}

function seconds(count) {
  return count === 1 ? "1 second" : `${count} seconds`;
}

/** The service's messages begin in lower case and end without a full stop. */
function sentence(message) {
  const text = message.trim();
  if (text === "") return "";
  return text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}
