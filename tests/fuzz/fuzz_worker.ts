/**
 * A thread that reads damaged files, and says what became of each.
 * @module
 */
import { DatasetError, datasetHash, readDataset } from "@cugro/datasets";
import { damage, isNamed, type Kind } from "./mutations.ts";
import { makeOriginals, type Original } from "./originals.ts";

/** What became of a damaged file. */
export interface Outcome {
  original: string;
  kind: Kind;
  seed: number;
  became: "refused" | "same data" | "other data" | "other data, told by a checksum" | "crash";
  /** Whether a checksum tells the damage. */
  wasNamed: boolean;
  message?: string;
  /** What was thrown, where the reader did not foresee it. */
  unforeseen?: string;
}

// cast: the type checker takes this file for one of a window.
const thread = globalThis as unknown as {
  onmessage: (event: MessageEvent<number>) => void;
  postMessage(outcome: Outcome | "ready"): void;
};
console.log = console.warn = console.error = () => {};

const originals = await makeOriginals();

function outcomeOf(original: Original, seed: number): Outcome {
  const damaged = damage(original, seed);
  const { kind, bytes } = damaged;
  const wasNamed = isNamed(original, damaged);
  const common = { original: original.name, kind, seed, wasNamed };
  try {
    const hash = datasetHash(readDataset(bytes, original.name).dataset);
    if (hash === original.hash) return { ...common, became: "same data" };
    return { ...common, became: wasNamed ? "other data, told by a checksum" : "other data" };
  } catch (error) {
    const { message } = error as Error;
    const isSentence = error instanceof DatasetError && !message.includes("\n") &&
      message.includes(original.name);
    if (!isSentence) return { ...common, became: "crash", message };
    const { cause } = error;
    const isForeseen =
      !(cause instanceof TypeError || cause instanceof ReferenceError || cause instanceof RangeError);
    return { ...common, became: "refused", message, ...(isForeseen ? {} : { unforeseen: String(cause) }) };
  }
}

thread.onmessage = ({ data: seed }) => {
  thread.postMessage(outcomeOf(originals[seed % originals.length]!, seed));
};
thread.postMessage("ready");
