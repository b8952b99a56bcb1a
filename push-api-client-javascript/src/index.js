export { PushApiClient } from "./client.js";
export { PushApiError } from "./errors.js";
export { PushSubscriber } from "./subscriber/index.js";
