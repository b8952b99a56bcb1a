import { pause } from "../pause.js";
import { splitObjects } from "./message.js";

/**
 * The ways to a push-stream. Each opens one connection, and returns what closes it.
 *
 * @typedef {{ onOpen: () => void, onData: (data: string) => void, onEnd: (error: Error) => void }} Handlers `onEnd` comes once, unless
 *   the connection was closed from here.
 * @typedef {{ url: () => string, handlers: Handlers, timeout: number }} Connection `timeout`: milliseconds until it must be open.
 */

/** Runs `end` once, after which nothing is told any more. */
function once(handlers, end) {
  let isOver = false;
  return {
    isOver: () => isOver,
    close() {
      if (isOver) return;
      isOver = true;
      end();
    },
    fail(error) {
      if (isOver) return;
      isOver = true;
      end();
      handlers.onEnd(error);
    },
  };
}

/** @param {Connection} connection */
function openEventSource({ url, handlers, timeout }) {
  const source = new EventSource(url());
  const state = once(handlers, () => {
    clearTimeout(timer);
    source.close();
  });
  const timer = setTimeout(() => state.fail(new Error("the EventSource did not open in time")), timeout);
  source.onopen = () => {
    clearTimeout(timer);
    if (!state.isOver()) handlers.onOpen();
  };
  source.onmessage = (event) => {
    if (!state.isOver()) handlers.onData(event.data);
  };
  // EventSource would try again by itself, but gives up after some errors and does not tell when it tries.
  source.onerror = () => state.fail(new Error("the EventSource ended"));
  return () => state.close();
}

/** @param {Connection} connection */
function openWebSocket({ url, handlers, timeout }) {
  const socket = new WebSocket(url().replace(/^http/, "ws"));
  const state = once(handlers, () => {
    clearTimeout(timer);
    socket.close();
  });
  const timer = setTimeout(() => state.fail(new Error("the WebSocket did not open in time")), timeout);
  socket.onopen = () => {
    clearTimeout(timer);
    if (!state.isOver()) handlers.onOpen();
  };
  socket.onmessage = (event) => {
    if (!state.isOver() && typeof event.data === "string") handlers.onData(event.data);
  };
  socket.onclose = () => state.fail(new Error("the WebSocket ended"));
  return () => state.close();
}

/**
 * A request for each message, or for those that have gathered meanwhile. It counts as open when push-stream has been there without
 * refusing for a moment: an answer comes only with a message.
 *
 * @param {Connection & { onPosition: (time: string, tag: string) => void }} connection
 */
function openLongPolling({ url, handlers, timeout, onPosition }) {
  const controller = new AbortController();
  const state = once(handlers, () => controller.abort());
  let isOpen = false;
  const opened = () => {
    if (isOpen || state.isOver()) return;
    isOpen = true;
    handlers.onOpen();
  };
  const poll = async () => {
    while (!state.isOver()) {
      const timer = setTimeout(opened, Math.min(timeout, 1000));
      let answer;
      let text;
      try {
        answer = await fetch(url(), { signal: controller.signal, cache: "no-store", credentials: "omit" });
        text = await answer.text();
      } finally {
        clearTimeout(timer);
      }
      if (state.isOver()) return;
      if (answer.status !== 200 && answer.status !== 304) throw new Error(`push-stream answered with status ${answer.status}`);
      opened();
      for (const data of splitObjects(text)) {
        if (!state.isOver()) handlers.onData(data);
      }
      const time = answer.headers.get("last-modified");
      if (time) onPosition(time, answer.headers.get("etag") ?? "");
      // An answer without anything in it, again and again, must not become a loop that keeps a machine busy.
      if (text === "" && answer.status === 200) await pause(1000, controller.signal);
    }
  };
  poll().catch((error) => state.fail(error));
  return () => state.close();
}

/** By name: the path at push-stream, whether this place has it, and how it is opened. */
export const transports = {
  eventsource: { path: "ev", isThere: () => typeof EventSource === "function", open: openEventSource },
  websocket: { path: "ws", isThere: () => typeof WebSocket === "function", open: openWebSocket },
  longpolling: { path: "lp", isThere: () => typeof fetch === "function", open: openLongPolling },
};
