/**
 * Which sources of replay keep old data, as plan, status and report say.
 * @module
 */
import type { KnobValue } from "./knob.ts";

const KEPT: Readonly<Record<string, string>> = {
  oracle: "every training reads the datasets of all earlier tasks (replay: oracle)",
  multitask: "every task is learnt again together with the datasets of all earlier ones (replay: multitask)",
  "real-buffer": "rows of each task are kept and replayed (replay: real-buffer)",
};

/**
 * What a source of replay keeps of old data, in a sentence; undefined of those that keep none.
 *
 * @param replay value of the knob `replay`
 * @returns a sentence, or undefined
 */
export function describeKeptData(replay: KnobValue | undefined): string | undefined {
  const kept = KEPT[String(replay)];
  return kept === undefined ? undefined : `keeps old data: ${kept}`;
}
