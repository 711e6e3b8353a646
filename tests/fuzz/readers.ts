/**
 * Damaged files through the readers: many quickly, some in a thread of their own as services read them.
 * @module
 */
import { DatasetError, datasetHash, readIsolated } from "@cugro/datasets";
import type { Outcome } from "./fuzz_worker.ts";
import { damage, isNamed } from "./mutations.ts";
import { makeOriginals } from "./originals.ts";

const HANG_MS = 120_000;
/** Files a thread reads before it is replaced. */
const FILES_A_THREAD = 5000;

/** What many damaged files came to. */
export interface FuzzCounts {
  files: number;
  crashes: number;
  hangs: number;
  /** Accepted, with other values where a checksum could tell: must be 0. */
  undetected: number;
  /** Accepted, with other values where none could. */
  otherData: number;
  sameData: number;
  refused: number;
  /** Refused because something went wrong that no reader foresaw: must be 0. */
  unforeseen: number;
  /** Files whose damage a checksum tells. */
  wasNamed: number;
  slowestMs: number;
  slowestSeed: number;
  /** Seeds of what must not be, with what they came to. */
  faults: Outcome[];
}

/** Nothing counted yet. */
export function noCounts(): FuzzCounts {
  const counts = {
    files: 0,
    crashes: 0,
    hangs: 0,
    undetected: 0,
    otherData: 0,
    sameData: 0,
    refused: 0,
    unforeseen: 0,
    wasNamed: 0,
  };
  return { ...counts, slowestMs: 0, slowestSeed: 0, faults: [] };
}

function count(counts: FuzzCounts, outcome: Outcome, ms: number): void {
  counts.files++;
  if (outcome.wasNamed) counts.wasNamed++;
  if (outcome.unforeseen !== undefined) {
    counts.unforeseen++;
    counts.faults.push(outcome);
  }
  if (ms > counts.slowestMs) Object.assign(counts, { slowestMs: Math.round(ms), slowestSeed: outcome.seed });
  if (outcome.became === "refused") counts.refused++;
  else if (outcome.became === "same data") counts.sameData++;
  else if (outcome.became === "other data") counts.otherData++;
  else {
    if (outcome.became === "crash") counts.crashes++;
    else counts.undetected++;
    counts.faults.push(outcome);
  }
}

interface Reader {
  read(seed: number): Promise<Outcome | "hang">;
  stop(): void;
}

async function startReader(): Promise<Reader> {
  const worker = new Worker(new URL("./fuzz_worker.ts", import.meta.url), { type: "module" });
  const next = <T>() =>
    new Promise<T>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<T>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
  await next();
  return {
    async read(seed) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const hang = new Promise<"hang">((resolve) => timer = setTimeout(() => resolve("hang"), HANG_MS));
      worker.postMessage(seed);
      try {
        return await Promise.race([next<Outcome>(), hang]);
      } finally {
        clearTimeout(timer);
      }
    },
    stop: () => worker.terminate(),
  };
}

/** Reads `files` damaged files in `threads` threads. */
export async function fuzzReaders(
  { files, start = 1, threads = 2, report = () => {} }: {
    files: number;
    start?: number;
    threads?: number;
    report?: (counts: FuzzCounts) => void;
  },
): Promise<FuzzCounts> {
  const counts = noCounts();
  let seed = start;
  await Promise.all(Array.from({ length: threads }, async () => {
    while (seed < start + files) {
      const reader = await startReader();
      for (let n = 0; n < FILES_A_THREAD && seed < start + files; n++) {
        const own = seed++;
        const began = performance.now();
        const outcome = await reader.read(own).catch((error) => crashOf(own, error));
        if (outcome === "hang") {
          counts.hangs++;
          counts.faults.push(crashOf(own, new Error("no answer")));
          break;
        }
        count(counts, outcome, performance.now() - began);
        if (counts.files % 1000 === 0) report(counts);
      }
      reader.stop();
    }
  }));
  return counts;
}

function crashOf(seed: number, { message }: Error): Outcome {
  return { original: "", kind: "one bit", seed, wasNamed: false, became: "crash", message };
}

/** The same, as services do it: a thread for each file. Ends with every original, which must have its usual hash. */
export async function fuzzIsolated(
  { files, start = 1 }: { files: number; start?: number },
): Promise<FuzzCounts & { originalsUnchanged: boolean }> {
  const counts = noCounts();
  const originals = await makeOriginals();
  for (let seed = start; seed < start + files; seed++) {
    const original = originals[seed % originals.length]!;
    const damaged = damage(original, seed);
    const { kind, bytes } = damaged;
    const wasNamed = isNamed(original, damaged);
    const began = performance.now();
    const common = { original: original.name, kind, seed, wasNamed };
    const outcome: Outcome = await readIsolated(bytes, original.name).then(({ dataset }) => {
      if (datasetHash(dataset) === original.hash) return { ...common, became: "same data" };
      return { ...common, became: wasNamed ? "other data, told by a checksum" : "other data" };
    }, (error) => {
      const { message } = error as Error;
      const isSentence = error instanceof DatasetError && !message.includes("\n");
      if (message.includes("takes more than")) counts.hangs++;
      return { ...common, became: isSentence ? "refused" : "crash", message };
    });
    count(counts, outcome, performance.now() - began);
  }
  let originalsUnchanged = true;
  for (const { bytes, name, hash } of originals) {
    const { dataset } = await readIsolated(bytes.slice(), name);
    originalsUnchanged &&= datasetHash(dataset) === hash;
  }
  return { ...counts, originalsUnchanged };
}
