/**
 * The knobs a job carries, as the algorithm wants them.
 * @module
 */
import { type Hyperparameters, presets } from "@cugro/algorithm/arrays";
import { knobsOfJob, type KnobValue } from "@cugro/algorithm/knobs";
import type { JobKind, JsonObject } from "@cugro/protocol";
import { PermanentError } from "@cugro/worker/errors";

/**
 * The knobs of a job as hyperparameters. Reading one that the job does not carry is an error: it would take part in the
 * result without taking part in the job's identity.
 * @param job whose `knobs` have been told from its other fields
 * @returns the knobs; every access is checked
 *
 * @example
 * ```ts
 * import { knobsOf } from "@cugro/jobs";
 * import { PermanentError } from "@cugro/worker/errors";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const knobs = knobsOf({ kind: "states.train", knobs: { stateSteps: 100 } });
 * assertEquals(knobs.stateSteps, 100);
 * assertThrows(() => knobs.criticSteps, PermanentError, "criticSteps");
 * ```
 */
export function knobsOf({ kind, knobs }: { kind: JobKind; knobs: JsonObject }): Hyperparameters {
  return new Proxy(knobsOfJob(kind, knobs as Record<string, KnobValue>), {
    get(target, name) {
      if (typeof name === "string" && name in presets.default && !(name in target)) {
        throw new PermanentError(`The job reads the knob ${name}, which its configuration does not carry`);
      }
      return Reflect.get(target, name);
    },
    // cast: what the proxy lets through are the knobs that the planner took from hyperparameters.
  }) as unknown as Hyperparameters;
}
