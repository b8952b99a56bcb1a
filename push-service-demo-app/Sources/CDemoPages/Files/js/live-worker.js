import { PushSubscriber } from "../client/subscriber/index.js";

// Beside the page, because it alone may speak with push-stream: the policy of its script says with which one.
let subscriber = null;

addEventListener("message", ({ data }) => {
  if (data.type === "reconnect") subscriber?.reconnect();
  if (data.type !== "start") return;
  subscriber?.close();
  subscriber = new PushSubscriber({ url: data.url, channels: data.channels, maxRetryDelay: 10000 });
  subscriber.addEventListener("state", ({ detail }) => postMessage({ type: "state", state: detail.state }));
  subscriber.addEventListener("message", ({ detail }) => postMessage({ type: "message", text: detail.text }));
});
