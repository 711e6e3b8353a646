/**
 * Reads a file in a thread of its own: whatever is in it, the next file is read as ever.
 *
 * The thread has no permissions, and is gone after its answer or at its limits of time and memory (`limits.ts`); bytes after
 * unpacking are limited by the readers, before anything is allocated. Any other end of it is a rejection of this one file.
 * @module
 */
import type { Judged } from "../assemble.ts";
import { DatasetError } from "../dataset.ts";
import type { ReadOptions } from "../notice.ts";
import { checkStart } from "../read_dataset.ts";
import { type ReadingLimits, watch } from "./limits.ts";
import type { Answer, Request } from "./messages.ts";

const FAILED = "the file is damaged: reading it failed";

/**
 * Reads and judges a dataset, as `readDataset` does.
 *
 * @param bytes the whole file; it is handed over, and empty afterwards
 * @param file name used in errors
 * @returns a dataset in raw units, episodes complete; and its notices
 * @throws {DatasetError} naming file, field, row and value; also where the file ends its thread
 */
export async function readIsolated(
  bytes: Uint8Array,
  file: string,
  options: ReadOptions = {},
  limits: ReadingLimits = {},
): Promise<Judged> {
  checkStart(bytes, file);
  const worker = new Worker(new URL("./reader_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions: "none" },
  });
  try {
    await started(worker);
    return await answered(worker, { bytes: whole(bytes), file, options }, limits);
  } finally {
    worker.terminate();
  }
}

/** Bytes that fill their buffer, since a buffer is handed over whole. */
function whole(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

/** @throws {Error} where the thread does not load: a fault of this program, and not of the file */
function started(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`Cannot start the thread that reads datasets: ${event.message}`));
    };
  });
}

function answered(worker: Worker, request: Request, limits: ReadingLimits): Promise<Judged> {
  const { file } = request;
  return new Promise<Judged>((resolve, reject) => {
    const refuse = (fault: string, cause?: string) => {
      stop();
      reject(new DatasetError({ file }, fault, { cause }));
    };
    const stop = watch(request.bytes.length, limits, (fault) => refuse(fault));
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      stop();
      if ("judged" in data) resolve(data.judged);
      else if ("refused" in data) reject(new DatasetError(data.refused.place, data.refused.fault));
      else if ("failed" in data) refuse(FAILED, data.failed);
    };
    worker.onmessageerror = () => refuse(FAILED);
    worker.onerror = (event) => {
      event.preventDefault();
      refuse(FAILED, event.message);
    };
    worker.postMessage(request, [request.bytes.buffer as ArrayBuffer]);
  });
}
