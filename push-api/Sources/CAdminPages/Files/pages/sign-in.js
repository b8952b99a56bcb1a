import { APIError } from "../kit/api.js";
import { run } from "../kit/busy.js";
import { field, h, replace, segmented } from "../kit/dom.js";
import { notice } from "../kit/notice.js";
import { authorization } from "../kit/session.js";

/**
 * The sign-in form: the user of the configuration, or an API key.
 *
 * @param {(credentials: object) => void} onSignedIn Called with credentials that `/auth` has accepted.
 */
export function signInPage({ api, reason, onSignedIn }) {
  const user = h("input", { name: "user", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true });
  const password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
  const key = h("input", {
    name: "key", type: "password", autocomplete: "off", spellcheck: "false", required: true, placeholder: "psk_…",
  });
  const fields = h("div.stack");
  const place = h("div", { "aria-live": "polite" }, reason && notice("info", "Signed out", reason));
  const button = h("button.primary", { type: "submit" }, "Sign in");
  let kind = "user";
  const choose = (chosen) => {
    kind = chosen;
    replace(fields, kind === "user"
      ? [field("User name", user), field("Password", password, "Both are in the configuration of push-api.")]
      : field("API key", key, "It is shown once, when it is created."));
  };
  choose(kind);
  const submit = async (event) => {
    event.preventDefault();
    const credentials = kind === "user" ? { user: user.value, password: password.value } : { key: key.value.trim() };
    const isRight = await run(button, place, async () => {
      // No header could carry it, so no server could say that it is wrong.
      if (kind === "key" && !/^[\x21-\x7e]+$/.test(credentials.key)) throw wrong(kind);
      try {
        await api.get("/auth", { authorization: authorization(credentials) });
      } catch (error) {
        if (error.kind !== "unauthorized") throw error;
        throw wrong(kind);
      }
    });
    if (isRight) onSignedIn(credentials);
    else (kind === "user" ? password : key).select();
  };
  return h("div.sign-in", {},
    h("h1", {}, "Sign in"),
    h("div.panel", {}, h("form.panel-body", { onsubmit: submit },
      segmented("Sign in with", [["user", "User and password"], ["key", "API key"]], kind, choose),
      fields, place, button)),
    h("p.hint", {}, "The credentials stay in this tab and are forgotten when it is closed."));
}

function wrong(kind) {
  return new APIError("mistaken", {
    message: kind === "user" ? "user name or password is wrong" : "this key is not known: it may be revoked, or it has expired",
  });
}
