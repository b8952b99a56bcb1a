import { APIError } from "../kit/api.js";
import { run } from "../kit/busy.js";
import { field, h } from "../kit/dom.js";
import { notice } from "../kit/notice.js";
import { authorization } from "../kit/session.js";

/** @param {(credentials: object) => void} onSignedIn Called with credentials that `/auth` has accepted. */
export function signInPage({ api, reason, onSignedIn }) {
  const user = h("input", { name: "user", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true });
  const password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
  const place = h("div", { "aria-live": "polite" }, reason && notice("info", "Signed out", reason));
  const button = h("button.primary", { type: "submit" }, "Sign in");
  const submit = async (event) => {
    event.preventDefault();
    const credentials = { user: user.value, password: password.value };
    const isRight = await run(button, place, async () => {
      try {
        await api.get("/auth", { authorization: authorization(credentials) });
      } catch (error) {
        throw error.kind === "unauthorized" ? new APIError("mistaken", { message: "user name or password is wrong" }) : error;
      }
    });
    if (isRight) onSignedIn(credentials);
    else password.select();
  };
  return h("div.sign-in", {},
    h("h1", {}, "Sign in"),
    h("div.panel", {}, h("form.panel-body", { onsubmit: submit },
      field("User name", user), field("Password", password, "Both are in the configuration of pushaas and in tsuru’s manifest."), place, button)),
    h("p.hint", {}, "The credentials stay in this tab and are forgotten when it is closed."));
}
