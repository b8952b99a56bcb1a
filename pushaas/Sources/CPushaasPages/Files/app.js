import { API } from "./kit/api.js";
import { h, replace } from "./kit/dom.js";
import { errorNotice } from "./kit/notice.js";
import { Router } from "./kit/router.js";
import { Session } from "./kit/session.js";
import { Shell } from "./kit/shell.js";
import { applyTheme } from "./kit/theme.js";
import { destroyedPage } from "./pages/destroyed.js";
import { instancePage } from "./pages/instance.js";
import { instancesPage } from "./pages/instances.js";
import { plansPage } from "./pages/plans.js";
import { signInPage } from "./pages/sign-in.js";
import { tsuruPage } from "./pages/tsuru.js";

const PRODUCT = "PushaaS";

const ROUTES = [
  { path: "/instances", title: "Instances", link: true, page: instancesPage },
  { path: "/instances/:name", title: "Instance", page: instancePage },
  { path: "/destroyed/:id", title: "Destroyed instance", page: destroyedPage },
  { path: "/plans", title: "Plans", link: true, page: plansPage },
  { path: "/tsuru", title: "Tsuru", link: true, page: tsuruPage },
];

const session = new Session("pushaas");
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
  shell.main.querySelector("input")?.focus();
}

/** Asks who is signed in and what plans there are, then shows the page that the address names. */
async function start() {
  if (needsSignIn && !session.credentials) {
    showSignIn();
    return;
  }
  leavePage();
  const shell = new Shell({ product: PRODUCT, links: [], account: null, onSignOut: () => {} });
  replace(shell.main, h("p.loading", { role: "status" }, "Loading…"));
  try {
    const [identity, plans] = await Promise.all([api.get("/auth"), api.get("/plans")]);
    showApp(identity.data.data, plans.data);
  } catch (error) {
    // The sign-in page is shown already.
    if (error.kind !== "unauthorized") replace(shell.main, errorNotice(error, start));
  }
}

function showApp(identity, plans) {
  const shell = new Shell({
    product: PRODUCT,
    links: ROUTES.filter((route) => route.link).map((route) => ({ href: `#${route.path}`, text: route.title })),
    account: needsSignIn ? identity.user : null,
    onSignOut: () => {
      session.end();
      showSignIn();
    },
  });
  router = new Router({
    routes: ROUTES, place: shell.main, context: { api, plans },
    onShow: (route, parameters) => {
      const section = route.path.split("/")[1];
      shell.mark(`#/${section === "destroyed" ? "instances" : section}`, parameters.name ?? route.title);
    },
  });
  router.start();
}

applyTheme();
start();
