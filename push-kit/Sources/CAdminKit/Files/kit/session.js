/**
 * Who is signed in. Kept in session storage: it ends with the tab, and no other tab or site reads it. No cookie takes part, so no
 * other page can make the browser use it.
 */
export class Session {
  #key;

  /** @param {string} name Keeps the sessions of two apps of one origin apart. */
  constructor(name) {
    this.#key = `${name}.session`;
  }

  /** `{ user, password }`, `{ key }`, or `null`. */
  get credentials() {
    try {
      return JSON.parse(sessionStorage.getItem(this.#key));
    } catch {
      return null;
    }
  }

  /** The value of `Authorization`, or `null`. */
  get authorization() {
    const credentials = this.credentials;
    return credentials && authorization(credentials);
  }

  start(credentials) {
    sessionStorage.setItem(this.#key, JSON.stringify(credentials));
  }

  end() {
    sessionStorage.removeItem(this.#key);
  }
}

/** The value of `Authorization` for `{ user, password }` or `{ key }`. */
export function authorization(credentials) {
  if (credentials.key) return `Bearer ${credentials.key}`;
  const bytes = new TextEncoder().encode(`${credentials.user}:${credentials.password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
