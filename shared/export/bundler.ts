/**
 * Bundles that are made in a thread of their own, one after the other: checking the graphs computes for half a minute, and
 * who answers requests must go on answering. Who asks is told at once how far a bundle is, and finds it here when it is done.
 * @module
 */
import { requireOnnxRuntime } from "./bundle_files.ts";
import type { ExportInput } from "./gather_version.ts";
import type { ModelName } from "./graphs/decision_graphs.ts";
import { OnnxRuntimeMissing } from "./onnx/runtime.ts";

/** Messages from the thread. */
export type FromThread =
  | { made: Uint8Array<ArrayBuffer> }
  | { checking: ModelName; done: number; inputs: number }
  | { failed: string; isMissing: boolean };

/** How far a bundle is. `before`: bundles that are made first; `model`: the graph that is checked, null before the first. */
export interface BundleProgress {
  before: number;
  model: ModelName | null;
  done: number;
  inputs: number;
}

/** A bundle that was asked for. */
export interface AskedBundle {
  /** The zip. @throws {OnnxRuntimeMissing} */
  zip: Promise<Uint8Array<ArrayBuffer>>;
  progress(): BundleProgress;
}

/** A version's bundle, by its name. */
export interface BundleName {
  learner: string;
  version: number;
  task?: number | undefined;
}

/** Makes bundles, and keeps those that were made last for a while. */
export interface Bundler {
  /**
   * The bundle: the one that is being made or was made, if its version is still told alike, else another is begun.
   * @param gather reads the version; not called while its bundle is being made
   * @throws {OnnxRuntimeMissing} @throws {BundlerBusy} when as many wait as may
   */
  ask(name: BundleName, gather: () => Promise<ExportInput>): Promise<AskedBundle>;
}

/** Bundles that may wait for their turn; each takes as long as one. */
const MAX_WAITING = 4;
/** Bundles that are kept, some 16 MB each, and how long after they were last asked for. */
const MAX_KEPT = 4;
const KEPT_MS = 10 * 60_000;

/** Too many bundles are being made. */
export class BundlerBusy extends Error {
  override name = "BundlerBusy";
  constructor(readonly retryAfterSeconds: number) {
    super("Bundles of other versions are being made: try again");
  }
}

/** Makes one bundle, a zip, and tells how far it is. */
export type MakeBundle = (
  input: ExportInput,
  onNews: (news: Pick<BundleProgress, "model" | "done" | "inputs">) => void,
) => Promise<Uint8Array<ArrayBuffer>>;

type OnNews = Parameters<MakeBundle>[1];

interface Kept extends AskedBundle {
  /** All that its bytes follow from. */
  content: string;
  state: "making" | "made" | "failed";
  /** When it is forgotten, by the clock of `performance`. */
  until: number;
}

/** The cache of a bundler. */
interface Memory {
  kept: Map<string, Kept>;
  /** The end of the bundle that is made last. */
  last: Promise<unknown>;
}

/**
 * Makes bundles when they are asked for, one at a time, and keeps the last ones.
 *
 * @param make makes one; tests say which
 * @returns `ask` gives what is there by then: a bundle, its progress, or why it failed
 */
export function createBundler(make: MakeBundle = makeInThread): Bundler {
  const memory: Memory = { kept: new Map(), last: Promise.resolve() };
  const { kept } = memory;
  /** Where two ask at once, one reads. */
  const gathering = new Map<string, Promise<AskedBundle>>();
  return {
    async ask(name, gather) {
      requireOnnxRuntime();
      forgetOld(kept);
      const key = JSON.stringify([name.learner, name.version, name.task ?? null]);
      const known = kept.get(key);
      if (known?.state === "making") return known;
      // It has been reported: the next request tries again.
      if (known?.state === "failed") {
        kept.delete(key);
        return known;
      }
      const asked = gathering.get(key) ?? gather().then((input) => {
        const content = JSON.stringify([input.record, [...input.acting]]);
        if (known?.content === content) return keep(kept, key) ?? known;
        return begin(memory, key, content, (onNews) => make(input, onNews));
      }).finally(() => gathering.delete(key));
      gathering.set(key, asked);
      return await asked;
    },
  };
}

/** Makes one after those that are being made. @throws {BundlerBusy} */
function begin(
  memory: Memory,
  key: string,
  content: string,
  make: (onNews: OnNews) => Promise<Uint8Array<ArrayBuffer>>,
): Kept {
  const before = [...memory.kept.values()].filter(({ state }) => state === "making");
  if (before.length > MAX_WAITING) throw new BundlerBusy(30);
  const progress: BundleProgress = { before: before.length, model: null, done: 0, inputs: 0 };
  for (const { zip } of before) void zip.then(() => progress.before--, () => progress.before--);
  const zip = memory.last.then(() => make((news) => Object.assign(progress, news)));
  memory.last = zip.catch(() => undefined);
  const begun: Kept = { content, state: "making", zip, progress: () => ({ ...progress }), until: Infinity };
  memory.kept.set(key, begun);
  zip.then(() => {
    begun.state = "made";
    keep(memory.kept, key);
  }, () => {
    begun.state = "failed";
  });
  return begun;
}

/** Keeps a bundle for a while from now on, and as few as may be kept. */
function keep(kept: Map<string, Kept>, key: string): Kept | undefined {
  const one = kept.get(key);
  if (!one) return undefined;
  one.until = performance.now() + KEPT_MS;
  kept.delete(key);
  kept.set(key, one);
  const made = [...kept].filter(([, { state }]) => state === "made");
  for (const [old] of made.slice(0, Math.max(0, made.length - MAX_KEPT))) kept.delete(old);
  return one;
}

/** At the next question, whichever it is about: a timer would outlive a gateway that is closed. */
function forgetOld(kept: Map<string, Kept>): void {
  for (const [key, { until }] of kept) if (until < performance.now()) kept.delete(key);
}

async function makeInThread(input: ExportInput, onNews: OnNews): Promise<Uint8Array<ArrayBuffer>> {
  const worker = new Worker(new URL("./bundle_worker.ts", import.meta.url), {
    type: "module",
    deno: {
      permissions: {
        ...{ ffi: "inherit", read: "inherit", write: "inherit", env: "inherit" },
        ...{ net: false, run: false },
      },
    },
  });
  try {
    return await new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<FromThread>) => {
        if ("made" in data) return resolve(data.made);
        if ("checking" in data) {
          return onNews({ model: data.checking, done: data.done, inputs: data.inputs });
        }
        reject(data.isMissing ? new OnnxRuntimeMissing() : new Error(data.failed));
      };
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`The thread that makes a bundle has ended: ${event.message}`));
      };
      worker.postMessage(input);
    });
  } finally {
    worker.terminate();
  }
}
