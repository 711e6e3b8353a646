/**
 * Bundles that are made in a thread of their own, one after the other: checking the graphs computes for half a minute, and
 * whoever answers requests must go on answering.
 * @module
 */
import { type Bundle, requireOnnxRuntime } from "./bundle_files.ts";
import type { ExportInput } from "./gather_version.ts";
import { OnnxRuntimeMissing } from "./onnx/runtime.ts";

/** What the thread says. */
export type FromThread =
  | { made: Bundle }
  | { failed: string; isMissing: boolean };

/** Makes bundles. */
export interface Bundler {
  /** @throws {OnnxRuntimeMissing} @throws {BundlerBusy} when as many wait as may */
  make(input: ExportInput): Promise<Bundle>;
}

/** Bundles that may wait for their turn; each takes as long as one. */
const MAX_WAITING = 4;

/** Too many bundles are being made. */
export class BundlerBusy extends Error {
  override name = "BundlerBusy";
  constructor(readonly retryAfterSeconds: number) {
    super("Bundles of other versions are being made: try again");
  }
}

/** Who asks for the bundle that is being made, or was made last, gets the same one. */
export function createBundler(): Bundler {
  const making = new Map<string, Promise<Bundle>>();
  let newest: { key: string; bundle: Bundle } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return {
    async make(input) {
      requireOnnxRuntime();
      const key = JSON.stringify([input.record, [...input.acting]]);
      const known = newest?.key === key ? newest.bundle : making.get(key);
      if (known) return await known;
      if (making.size > MAX_WAITING) throw new BundlerBusy(30);
      const own = last.then(() => makeInThread(input));
      last = own.catch(() => undefined);
      making.set(key, own);
      try {
        newest = { key, bundle: await own };
        return newest.bundle;
      } finally {
        making.delete(key);
      }
    },
  };
}

async function makeInThread(input: ExportInput): Promise<Bundle> {
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
    return await new Promise<Bundle>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<FromThread>) => {
        if ("made" in data) return resolve(data.made);
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
