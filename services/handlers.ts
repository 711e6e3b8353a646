/**
 * The handlers of every compute service in one process. Which service a job belongs to is decided by its kind; the
 * services do not know that they share a process.
 * @module
 */
import type { PythonProcess } from "@cugro/environments/gymnasium";
import type { Config } from "@cugro/process";
import type { Compile } from "@cugro/tensors/seam";
import type { JobHandlers } from "@cugro/worker";
import { COMPUTE_SERVICES } from "./services.ts";

/** Dependencies of handlers. */
export interface HandlerDependencies {
  compile: Compile;
  config: Config;
  /** Python, where environments of Gymnasium are run. */
  prepared?: PythonProcess | undefined;
}

/** Makes the handlers of every kind. */
export type CreateHandlers = (deps: HandlerDependencies) => JobHandlers;

/**
 * Loads all compute services of the table.
 *
 * @returns makes the handlers of all kinds
 */
export async function loadHandlers(): Promise<CreateHandlers> {
  const services = await Promise.all(COMPUTE_SERVICES.map(async (name) => {
    // Not a literal: gateway and coordinator, which such a pattern would match too, stay out of the module graph.
    const { href } = new URL(`./${name}/mod.ts`, import.meta.url);
    return await import(href) as { createHandlers: CreateHandlers };
  }));
  return (deps) => Object.assign({}, ...services.map(({ createHandlers }) => createHandlers(deps)));
}
