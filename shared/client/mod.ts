/**
 * A typed client of the gateway, for TypeScript under any runtime with `fetch`.
 *
 * ```ts ignore
 * import { createClient } from "@cugro/client";
 *
 * const client = createClient({ url: "http://localhost:8080", token });
 * await client.learners.create({ name: "walker" });
 * await client.tasks.uploadFile("walker", "task1.hdf5");
 * for await (const { type } of client.events("walker")) if (type === "cugro.version.published") break;
 * const { actions } = await client.act("walker", { task: 1, observations });
 * ```
 * @module
 */
export { createClient, type GatewayClient } from "./client.ts";
export type { Becoming, FileBody, HandedOver, OfferedFile, Overrides, TaskClient } from "./task_methods.ts";
export type { ActInput } from "./act_refusal.ts";
export { actOverWebSocket, type ActSocket, type ActSocketOptions } from "./act_over_websocket.ts";
export { actOverNats, type NatsActOptions, type NatsRequester } from "./act_over_nats.ts";
export type { WatchedEvent, WatchOptions } from "./watch_events.ts";
export type { ProgressMessage } from "@cugro/protocol";
export { type ClientOptions, GatewayError, type Reason } from "./send_requests.ts";
export type { VersionClient, VersionPolicy } from "./version_methods.ts";
export type { WebhookClient } from "./webhook_methods.ts";
export { BadSignature, verifyWebhook, type WebhookRequest } from "./webhook_signature.ts";
export type {
  Arrival,
  Config,
  Curves,
  Evaluation,
  Fidelity,
  History,
  JobDetail,
  JobProgress,
  JobSummary,
  Label,
  Learner,
  Memory,
  MemoryRows,
  NewEvaluation,
  NewLabel,
  NewLearner,
  Relabelled,
  Results,
  StandingProblem,
  Task,
  TokenView,
  Traffic,
  Validation,
  Version,
  VersionSummary,
} from "./schemas/mod.ts";
