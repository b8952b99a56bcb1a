import { API } from "./kit/api.js";
import { h, replace } from "./kit/dom.js";
import { errorNotice } from "./kit/notice.js";
import { Router } from "./kit/router.js";
import { Session } from "./kit/session.js";
import { Shell } from "./kit/shell.js";
import { applyTheme } from "./kit/theme.js";
import { channelPage } from "./pages/channel.js";
import { channelsPage } from "./pages/channels.js";
import { howToPage } from "./pages/how-to.js";
import { keysPage } from "./pages/keys.js";
import { signInPage } from "./pages/sign-in.js";
import { statisticsPage } from "./pages/statistics.js";

const PRODUCT = "Push Service";

/** A route's `scope` is what a key needs for it; routes without one are for everybody who is signed in. */
const ROUTES = [
  { path: "/channels", title: "Channels", link: true, page: channelsPage },
  { path: "/channels/:id", title: "Channel", page: channelPage },
  { path: "/statistics", title: "Statistics", link: true, scope: "stats", page: statisticsPage },
  { path: "/keys", title: "Keys", link: true, scope: "admin", page: keysPage },
  { path: "/how-to", title: "How to", link: true, page: howToPage },
];

const session = new Session("push-api");
const needsSignIn = document.documentElement.dataset.authentication !== "off";
let router = null;

const api = new API("/api/v1", session, () => {
  session.end();
  showSignIn("Your credentials are not accepted any more. Sign in again.");
});

function leavePage() {
  router?.stop();
  router = null;
}

function showSignIn(reason = "") {
  leavePage();
  const shell = new Shell({ product: PRODUCT, links: [], account: null, onSignOut: () => {} });
  shell.mark("", "Sign in");
  replace(shell.main, signInPage({ api, reason, onSignedIn: (credentials) => { session.start(credentials); start(); } }));
  shell.main.querySelector("input:not([type=radio])")?.focus();
}

/** Asks who is signed in and where push-stream is, then shows the page that the address names. */
async function start() {
  if (needsSignIn && !session.credentials) {
    showSignIn();
    return;
  }
  leavePage();
  const shell = new Shell({ product: PRODUCT, links: [], account: null, onSignOut: () => {} });
  replace(shell.main, h("p.loading", { role: "status" }, "Loading…"));
  try {
    const [identity, configuration] = await Promise.all([api.get("/auth"), api.get("/config")]);
    showApp(identity.data.data, configuration.data.pushStream);
  } catch (error) {
    // The sign-in page is shown already.
    if (error.kind !== "unauthorized") replace(shell.main, errorNotice(error, start));
  }
}

/** @param identity `{ user, key, scopes, channelPrefixes }` as `/auth` answers. */
function showApp(identity, pushStream) {
  const scopes = identity.scopes ?? [];
  const allows = (scope) => !scope || scopes.includes("admin") || scopes.includes(scope);
  const routes = ROUTES.filter((route) => allows(route.scope));
  const shell = new Shell({
    product: PRODUCT,
    links: routes.filter((route) => route.link).map((route) => ({ href: `#${route.path}`, text: route.title })),
    account: needsSignIn ? identity.user ?? identity.key?.name ?? "API key" : null,
    onSignOut: () => {
      session.end();
      showSignIn();
    },
  });
  router = new Router({
    routes, place: shell.main,
    context: { api, allows, prefixes: identity.channelPrefixes ?? [], streamURL: pushStream.url.replace(/\/+$/, "") },
    onShow: (route, parameters) => shell.mark(`#/${route.path.split("/")[1]}`, parameters.id ?? route.title),
  });
  router.start();
}

applyTheme();
start();
