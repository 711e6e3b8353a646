/**
 * The work of real training for the campaign's processes: all compute services, on the tensor backend.
 * @module
 */
import { openTensors } from "@cugro/jobs";
import type { Config } from "@cugro/process";
import type { JsonObject } from "@cugro/protocol";
import type { JobHandlers } from "@cugro/worker";
import type { Log } from "@cugro/telemetry";
import { loadHandlers } from "../../../services/handlers.ts";

/** Opens the tensor backend; handlers of every kind. */
export async function openTraining(
  config: Config,
  log: Log,
): Promise<{ handlers: JobHandlers; profile: JsonObject }> {
  const { profile, compile } = await openTensors(config, log);
  return { profile, handlers: (await loadHandlers())({ compile, config }) };
}
