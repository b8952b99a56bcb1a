import { h, replace } from "./dom.js";
import { themeSwitch } from "./theme.js";

/** What surrounds the pages: skip link, header with navigation, and the place of the page. */
export class Shell {
  /** Where pages go. */
  main = h("main", { id: "main", tabindex: "-1" });
  #links;
  #product;

  /**
   * @param {{ product: string, links: { href: string, text: string }[], account: string|null, onSignOut: () => void }} options
   *   `account`: who is signed in; `null` where nobody needs to.
   */
  constructor({ product, links, account, onSignOut }) {
    this.#product = product;
    this.#links = links.map(({ href, text }) => h("a", { href }, text));
    replace(document.body,
      h("a.skip", { href: "#main", onclick: (event) => { event.preventDefault(); this.main.focus(); } }, "Skip to the content"),
      h("header.top", {},
        h("a.product", { href: "#/" }, h("span.mark", { "aria-hidden": "true" }), product),
        this.#links.length > 0 && h("nav", { "aria-label": "Pages" }, this.#links),
        h("div.account", {},
          themeSwitch(),
          account && h("span.who", { title: account }, account),
          account && h("button.small", { type: "button", onclick: onSignOut }, "Sign out"))),
      this.main);
  }

  /** Marks the link of the page that is shown, and names the document. */
  mark(href, title) {
    for (const link of this.#links) {
      if (link.getAttribute("href") === href) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${title} – ${this.#product}`;
  }
}
