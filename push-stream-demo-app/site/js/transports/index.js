import { transports } from "/client/subscriber/transports.js";
import { openJSONP } from "./jsonp.js";
import { openStream } from "./stream.js";

/** All transports of push-stream, with the location that the default configuration has for each. */
export const TRANSPORTS = {
  eventsource: { title: "EventSource", path: "/ev", open: transports.eventsource.open },
  websocket: { title: "WebSocket", path: "/ws", open: transports.websocket.open },
  longpolling: { title: "Long polling", path: "/lp", open: transports.longpolling.open },
  stream: { title: "Stream", path: "/sub", open: openStream },
  jsonp: { title: "JSONP", path: "/jsonp", open: openJSONP },
};
