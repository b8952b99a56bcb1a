/** Times are milliseconds unless something else is said. */
export interface CallOptions {
  /** Ends the call; its promise is rejected with the signal's reason. */
  signal?: AbortSignal;
  /** Of each try. */
  timeout?: number;
  /** Further tries of a call that may be repeated. */
  retries?: number;
}

export interface PushApiAccess {
  /** push-api's address: `http://localhost:8080`. */
  endpoint: string;
  username?: string;
  password?: string;
  /** Instead of username and password. */
  apiKey?: string;
}

export interface PushApiOptions {
  /** Of each try; 10,000 by default. */
  timeout?: number;
  /** Further tries of a call that may be repeated; 2 by default. */
  retries?: number;
  /** Before the first further try, doubled for each one after; 200 by default. */
  retryDelay?: number;
  /** A server that wants a longer pause is not asked again; 10,000 by default. */
  maxRetryDelay?: number;
  /** Header fields of each request. */
  headers?: Record<string, string>;
  fetch?: typeof fetch;
}

export interface NewChannel {
  id: string;
  /** Seconds until it ends; 0, the default, is never. */
  ttl?: number;
}

export interface Channel {
  id: string;
  /** Seconds from its creation until it ends; 0 is never. */
  ttl: number;
  /** RFC 3339, in UTC. */
  created: string;
  expires?: string;
}

export interface ChannelQuery {
  /** 1 to 1,000. */
  limit?: number;
  cursor?: string;
  /** Only channels whose id holds this text. */
  search?: string;
  order?: "oldest" | "newest";
}

export interface ChannelPage {
  channels: Channel[];
  /** Where the next page begins; null after the last one. */
  cursor: string | null;
  total: number | null;
}

export interface NewMessage {
  channels: string[];
  content: string;
}

export interface PublishOptions extends CallOptions {
  /** Within ten minutes the same key publishes once. Each call makes one of its own. */
  idempotencyKey?: string;
}

export interface PublishedMessages {
  /** The id of each message on each of its channels, in their order; it is the message's event id at every subscriber. */
  ids: string[];
}

export type Scope = "publish" | "channels" | "stats" | "admin";

export interface RateLimits {
  messagesPerSecond?: number | null;
  bytesPerSecond?: number | null;
}

export interface NewKey {
  name: string;
  scopes: Scope[];
  channelPrefixes?: string[];
  limits?: RateLimits;
  /** Seconds; 0, the default, is for ever. */
  ttl?: number;
}

export interface Key {
  id: string;
  name: string;
  scopes: Scope[];
  channelPrefixes: string[];
  limits: RateLimits;
  created: string;
  expires: string | null;
  lastUsed: string | null;
  secrets: { created: string; expires: string | null }[];
}

export interface KeyWithText extends Key {
  /** The key's text, which is not shown again. */
  key: string;
}

export interface AgentReport {
  hostname?: string;
  agent?: string;
  time?: string;
  subscribers: number | string;
  [name: string]: unknown;
}

export interface GlobalStats {
  aggregated: { subscribers: number; time?: string; channels?: number; published_messages?: number };
  all: AgentReport[];
  messages?: { stream: { length: number; published: number | null } };
}

export interface ChannelStats {
  aggregated: { subscribers: number };
  all: AgentReport[];
}

export interface PushApiConfig {
  pushStream: { url: string; hostname: string; port: number };
}

export class PushApiClient {
  constructor(access: PushApiAccess, options?: PushApiOptions);
  getChannels(query?: Record<string, never>, options?: CallOptions): Promise<Channel[]>;
  getChannels(query: ChannelQuery, options?: CallOptions): Promise<ChannelPage>;
  getChannel(id: string, options?: CallOptions): Promise<Channel>;
  createChannel(channel: NewChannel, options?: CallOptions): Promise<{ id: string; ttl: number }>;
  /** Whether this call created it. */
  ensureChannel(channel: NewChannel, options?: CallOptions): Promise<boolean>;
  deleteChannel(id: string, options?: CallOptions): Promise<void>;
  postMessage(message: NewMessage | NewMessage[], options?: PublishOptions): Promise<PublishedMessages>;
  getKeys(options?: CallOptions): Promise<Key[]>;
  getKey(id: string, options?: CallOptions): Promise<Key>;
  createKey(key: NewKey, options?: CallOptions): Promise<KeyWithText>;
  /** `previousTTL`: seconds that the text of until now stays valid. */
  rotateKey(id: string, options?: CallOptions & { previousTTL?: number }): Promise<KeyWithText>;
  revokeKey(id: string, options?: CallOptions): Promise<void>;
  getGlobalStats(options?: CallOptions): Promise<GlobalStats>;
  getChannelStats(id: string, options?: CallOptions): Promise<ChannelStats>;
  getConfig(options?: CallOptions): Promise<PushApiConfig>;
}

export class PushApiError extends Error {
  constructor(message: string, details?: { response?: PushApiError["response"]; code?: string; cause?: unknown });
  /** The answer, if there was one. */
  response?: { status: number; data: { code: number; message: string } | unknown; headers: Record<string, string> };
  /** Without an answer: why. */
  code?: "ETIMEDOUT" | "ENETWORK" | string;
}

export type TransportName = "eventsource" | "websocket" | "longpolling";
export type SubscriberState = "connecting" | "open" | "waiting" | "closed";

export interface PushSubscriberOptions {
  /** push-stream's address: `http://localhost:9080`. */
  url: string;
  /** `backtrack`: how many of the last messages to begin with. */
  channels: (string | { id: string; backtrack?: number })[];
  /** Where an earlier subscriber was. */
  lastEventId?: string;
  /** In the order in which they are tried; all three by default, EventSource first. */
  transports?: TransportName[];
  /** Until a connection must be open; 10,000 by default. */
  openTimeout?: number;
  /** Before the first try after an interruption, doubled for each one after; 1,000 by default. */
  retryDelay?: number;
  /** 30,000 by default. */
  maxRetryDelay?: number;
  /** Closes it. */
  signal?: AbortSignal;
}

export interface PushMessage {
  id: number;
  channel: string;
  /** Decoded. */
  text: string;
  tag: string;
  time: string;
  eventId: string;
}

export interface PushSubscriberEvents {
  message: Event & { readonly detail: PushMessage };
  /** `delay`: until the next try, while it waits. */
  state: Event & { readonly detail: { state: SubscriberState; transport: TransportName; delay: number } };
  open: Event;
  error: Event & { readonly detail: Error };
}

export class PushSubscriber extends EventTarget {
  constructor(options: PushSubscriberOptions);
  readonly state: SubscriberState;
  readonly transport: TransportName;
  readonly lastEventId: string;
  close(): void;
  reconnect(): void;
  addEventListener<Name extends keyof PushSubscriberEvents>(
    type: Name, listener: (event: PushSubscriberEvents[Name]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}
