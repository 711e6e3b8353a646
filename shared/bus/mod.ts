/**
 * The bus that carries news: its seam, its embedded and its cluster implementation.
 * @module
 */
export {
  ACK_WAIT_MS,
  type Bus,
  BusUnavailable,
  type Delivery,
  type IncomingHint,
  type JobMessage,
  type News,
  type Subject,
} from "./bus.ts";
export {
  createEmbeddedBus,
  type EmbeddedBus,
  type EmbeddedBusOptions,
  type WorkerConnection,
} from "./embedded/embedded_bus.ts";
export { openPipeBus, type PipeBusOptions } from "./embedded/pipe_bus.ts";
export { createLineReader, decodeFrame, type Reply, type Request } from "./embedded/pipe_protocol.ts";
export type { Answered, AnsweringOptions, Asked } from "./nats/answering.ts";
export {
  type Configuration,
  consumerConfiguration,
  STREAM_CONFIGURATIONS,
} from "./nats/nats_configurations.ts";
export type { ReadEventsOptions, StoredEvent } from "./nats/event_reader.ts";
export { parseNotification } from "./nats/decode_messages.ts";
export type { NatsBus } from "./nats/nats_bus.ts";
export type { NatsBusOptions } from "./nats/nats_options.ts";
export { openNatsBus } from "./nats/open_nats_bus.ts";
export {
  consumerName,
  eventSubject,
  HINT_SUBJECT,
  jobEvents,
  jobFilter,
  jobSubject,
  NEWS_SUBJECTS,
  progressOfKind,
  STREAMS,
} from "./nats/subjects.ts";
export type { StreamsMode } from "./nats/streams.ts";
export type { Handout } from "./embedded/job_queue.ts";
