/**
 * Ways to act beside the routes: requests over NATS and WebSockets in the JSON of HTTP, and the short way of HTTP itself.
 * @module
 */
export {
  type ActMessageAnswer,
  type ActMessageDeps,
  type AnswerActMessage,
  createActMessages,
} from "./act_messages.ts";
export { createDirectAct, type DirectActDeps } from "./act_directly.ts";
export { actOnNats } from "./act_on_nats.ts";
export { fitting } from "./nats_answer.ts";
export { actOnWebSockets, type ActSockets, admitByRoutes } from "./act_on_websocket.ts";
export type { Admitted, ConnectionBounds } from "./act_connection.ts";
