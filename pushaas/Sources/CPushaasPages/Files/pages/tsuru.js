import { codeBlock } from "../kit/copy.js";
import { h } from "../kit/dom.js";

/** What to type, with this installation's address. */
export function tsuruPage({ plans }) {
  const address = `${location.origin}/api/v1`;
  const larger = plans.find((plan) => !plan.isDefault)?.name;
  return h("div.page", {},
    h("div.page-head", {}, h("h1", {}, "Tsuru")),
    h("section.panel", {}, h("header", {}, h("h2", {}, "Register the service, once")), h("div.panel-body", {},
      codeBlock("tsuru-manifest.yaml", `id: pushaas\nusername: tsuru\npassword: THE_PASSWORD_OF_PUSHAAS\nteam: YOUR_TEAM\nendpoint:\n  production: ${address}\n`),
      codeBlock("In a shell", "tsuru service create tsuru-manifest.yaml"),
      h("p.hint", {}, "The address must be the one by which tsuru’s API reaches pushaas."))),
    h("section.panel", {}, h("header", {}, h("h2", {}, "Use it")), h("div.panel-body", {},
      codeBlock("Create an instance", "tsuru service instance add pushaas mychat"),
      codeBlock("Look at it", "tsuru service instance info pushaas mychat"),
      codeBlock("Give it to an application", "tsuru service instance bind pushaas mychat -a myapp"),
      h("p.hint", {}, "The application gets PUSHAAS_ENDPOINT, PUSHAAS_USERNAME and PUSHAAS_PASSWORD."),
      larger && codeBlock("Change its plan", `tsuru service instance update pushaas mychat -p ${larger}`),
      codeBlock("Take it from the application", "tsuru service instance unbind pushaas mychat -a myapp"),
      codeBlock("Remove it", "tsuru service instance remove pushaas mychat"))));
}
