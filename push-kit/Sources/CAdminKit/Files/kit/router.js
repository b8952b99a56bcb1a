import { closeDialogs } from "./dialog.js";
import { replace } from "./dom.js";

/**
 * Shows the page that the address's fragment names: `#/channels/news`. Everything after `#` stays in the browser, so the
 * server serves one document.
 *
 * @param {{ path: string, page: (context: object) => Node }[]} routes `:name` stands for one segment. A page gets
 *   `{ parameters, signal, ... }`; `signal` aborts when another page comes.
 */
export class Router {
  #routes;
  #place;
  #context;
  #current = null;
  #life = new AbortController();
  #onShow;

  constructor({ routes, place, context, onShow }) {
    this.#routes = routes.map((route) => ({ ...route, segments: route.path.split("/").slice(1) }));
    this.#place = place;
    this.#context = context;
    this.#onShow = onShow;
  }

  start() {
    addEventListener("hashchange", () => this.#show(true), { signal: this.#life.signal });
    this.#show(false);
  }

  /** Ends the page that is shown, and shows no other. */
  stop() {
    this.#life.abort();
    this.#current?.abort();
    closeDialogs({ all: true });
  }

  /** @param {boolean} moves Whether the focus goes to the page's heading: not when the document has just been loaded. */
  #show(moves) {
    this.#current?.abort();
    closeDialogs();
    this.#current = new AbortController();
    const segments = location.hash.replace(/^#\/?/, "").split("/").map(decode);
    const match = this.#match(segments) ?? { route: this.#routes[0], parameters: {} };
    const page = match.route.page({ ...this.#context, parameters: match.parameters, signal: this.#current.signal });
    replace(this.#place, page);
    this.#onShow(match.route, match.parameters);
    scrollTo(0, 0);
    const heading = this.#place.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    if (moves) heading?.focus({ preventScroll: true });
  }

  #match(segments) {
    for (const route of this.#routes) {
      if (route.segments.length !== segments.length) continue;
      const parameters = {};
      const fits = route.segments.every((segment, index) => {
        if (!segment.startsWith(":")) return segment === segments[index];
        parameters[segment.slice(1)] = segments[index];
        return segments[index] !== "";
      });
      if (fits) return { route, parameters };
    }
    return null;
  }
}

function decode(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
