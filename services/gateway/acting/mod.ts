/**
 * Acting by messages, for whoever serves it: requests over NATS, in the JSON of HTTP.
 * @module
 */
export {
  type ActMessageAnswer,
  type ActMessageDeps,
  type AnswerActMessage,
  createActMessages,
} from "./act_messages.ts";
export { actOnNats } from "./act_on_nats.ts";
