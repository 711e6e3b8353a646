/**
 * Where code has a case for every word of a knob: the compiler says which place lacks one that is added, and a word that gets
 * here all the same is refused by name instead of being taken for another.
 * @module
 */
import { InvalidInputError } from "./errors.ts";

/**
 * What a choice without a case comes to.
 *
 * @param knob its name
 * @param value one that nothing is known of; `never`, as long as every word has its case
 * @throws {InvalidInputError} naming the knob and the value
 */
export function refuseUnknownChoice(knob: string, value: never): never {
  throw new InvalidInputError(
    `${knob} must be one of the words that \`cugro knobs ${knob}\` lists: current value is ${
      JSON.stringify(value)
    }`,
  );
}
