/**
 * Why a call failed.
 *
 * An answer that is no success is in `response`, as clients of today read it: `error.response.status`, `error.response.data`. Without an
 * answer `response` is undefined, and `code` says why: `ETIMEDOUT` (none came in time) or `ENETWORK` (there is no connection).
 */
export class PushApiError extends Error {
  /**
   * @param {string} message
   * @param {{ response?: { status: number, data: unknown, headers: Record<string, string> }, code?: string, cause?: unknown }} details
   */
  constructor(message, { response, code, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "PushApiError";
    this.response = response;
    this.code = code;
  }
}
