import { PushApiError } from "./errors.js";
import { pause } from "./pause.js";

/** Statuses after which nothing was done, or after which repeating a call with the same key does nothing twice. */
const REPEATABLE = new Set([429, 502, 503, 504]);

/** Sends requests with a time limit, and repeats those that may be repeated. */
export class Transport {
  #base;
  #headers;
  #options;

  /**
   * @param {string} base The URL of the API without a slash at its end.
   * @param {Record<string, string>} headers Of every request.
   * @param {{ timeout: number, retries: number, retryDelay: number, maxRetryDelay: number, fetch: typeof fetch }} options
   */
  constructor(base, headers, options) {
    this.#base = base;
    this.#headers = headers;
    this.#options = options;
  }

  /**
   * @param {string} method
   * @param {string} path With its query.
   * @param {{ body?: unknown, headers?: Record<string, string>, isRepeatable?: boolean, signal?: AbortSignal, timeout?: number,
   *   retries?: number }} call `isRepeatable`: doing it twice does what doing it once does.
   * @returns {Promise<{ status: number, data: unknown, headers: Record<string, string> }>}
   */
  async send(method, path, { body, headers, isRepeatable = false, signal, timeout, retries } = {}) {
    const request = {
      method,
      headers: { Accept: "application/json", ...this.#headers, ...headers },
      // A redirect would take the password to another place.
      redirect: "error",
      // No cookies of a page: the password is all that counts.
      credentials: "omit",
    };
    if (body !== undefined) {
      request.body = JSON.stringify(body);
      request.headers["Content-Type"] = "application/json";
    }
    const attempts = 1 + (isRepeatable ? retries ?? this.#options.retries : 0);
    for (let attempt = 1; ; attempt += 1) {
      let failure;
      try {
        return await this.#sendOnce(path, request, signal, timeout ?? this.#options.timeout);
      } catch (error) {
        failure = error;
      }
      const delay = this.#delay(failure, attempt);
      if (attempt >= attempts || delay === null) throw failure;
      await pause(delay, signal);
    }
  }

  /** One try. Whoever waits is told of an abort by the reason that the signal has. */
  async #sendOnce(path, request, signal, timeout) {
    signal?.throwIfAborted();
    const controller = new AbortController();
    const abort = () => controller.abort(signal.reason);
    signal?.addEventListener("abort", abort, { once: true });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      controller.abort();
    }, timeout);
    try {
      const answer = await this.#options.fetch(this.#base + path, { ...request, signal: controller.signal });
      const response = {
        status: answer.status,
        data: read(await answer.text(), answer.headers.get("content-type")),
        headers: Object.fromEntries(answer.headers),
      };
      if (!answer.ok) throw refused(response);
      return response;
    } catch (error) {
      if (error instanceof PushApiError) throw error;
      if (signal?.aborted) throw signal.reason;
      if (isLate) throw new PushApiError(`push-api did not answer within ${timeout} ms`, { code: "ETIMEDOUT", cause: error });
      throw new PushApiError(`push-api cannot be reached: ${reason(error)}`, { code: "ENETWORK", cause: error });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Milliseconds until the next try; `null` if there is none. */
  #delay(error, attempt) {
    if (!(error instanceof PushApiError)) return null;
    const { retryDelay, maxRetryDelay } = this.#options;
    if (error.response) {
      if (!REPEATABLE.has(error.response.status)) return null;
      const wanted = retryAfter(error.response.headers["retry-after"]);
      // Asking before the server wants it would only be refused again.
      if (wanted !== null) return wanted <= maxRetryDelay ? wanted : null;
    }
    return Math.min(maxRetryDelay, retryDelay * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
  }
}

/** Milliseconds of a `Retry-After` header field (RFC 9110, 10.2.3): seconds or a date. */
function retryAfter(text) {
  if (!text) return null;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}

/** JSON as what it says, everything else as text, nothing as an empty text. */
function read(text, type) {
  if (!/\bjson\b/.test(type ?? "")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function refused(response) {
  const said = typeof response.data === "object" && response.data ? response.data.message : "";
  return new PushApiError(said || `push-api answered with status ${response.status}`, { response });
}

/** `fetch` says "fetch failed" and keeps what happened to itself. */
function reason(error) {
  return error?.cause?.message || error?.message || String(error);
}
