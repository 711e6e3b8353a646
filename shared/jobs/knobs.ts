/**
 * The knobs a job carries, as the algorithm wants them.
 * @module
 */
import { type Hyperparameters, presets } from "@cugro/algorithm";
import type { JsonObject } from "@cugro/protocol";
import { PermanentError } from "@cugro/worker";

/**
 * A view of a job's configuration as hyperparameters. Reading a knob that the job does not carry is an error: it would
 * take part in the result without taking part in the job's identity.
 * @param config the job's `config`
 * @returns the knobs; every access is checked
 */
export function knobsOf(config: JsonObject): Hyperparameters {
  return new Proxy(config, {
    get(target, name) {
      if (typeof name === "string" && name in presets.default && !(name in target)) {
        throw new PermanentError(`The job reads the knob ${name}, which its configuration does not carry`);
      }
      return Reflect.get(target, name);
    },
  }) as unknown as Hyperparameters;
}

/** A whole number of a job's configuration. @throws {PermanentError} naming the field */
export function numberOf(config: JsonObject, name: string): number {
  const value = config[name];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new PermanentError(
    `The job's configuration must hold a number ${name}: current value is ${JSON.stringify(value)}`,
  );
}
