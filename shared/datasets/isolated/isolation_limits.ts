/**
 * When a reading is given up: it takes more time or memory than a file of its size can need.
 *
 * Deno 2.9 ends a thread that computes only when it is done, whatever `terminate()` says. So the readers bound their own
 * work (`spend` in `hdf5/bytes.ts`) and what they allocate (`read_limits.ts`): these limits are the second line.
 * @module
 */
import { cpuUsage, memoryUsage } from "node:process";
import { unpackedLimit } from "../read_limits.ts";

const MEBIBYTE = 2 ** 20;
/** Milliseconds for any file, and for each MiB of it. */
const LEAST_MS = 1500;
const MS_A_MEBIBYTE = 1000;
/** A thread that does not compute, either, is given up after this many times its limit. */
const MOST_WAITING = 20;
const LEAST_BYTES = 160 * MEBIBYTE;
/** A chunk of each field, blocks, and what the readers keep of a file. */
const LEAST_RANGES = 512 * MEBIBYTE;
const CHECK_MS = 50;

/** Bounds of one reading. */
export interface ReadingLimits {
  /** Milliseconds of computing. @default 1.5 s, and 1 s a MiB */
  timeMs?: number;
  /** Bytes that the process may grow by. @default 160 MiB, and twice what the file may unpack to */
  bytes?: number;
}

/**
 * Limits of a file that is read by ranges: its numbers stay on disk, but for what is kept of each row (some forty bytes at
 * most, where a row has eight in its file at least).
 *
 * @param fileBytes size of the file
 * @param memoryBytes that its rows may take in memory
 * @returns bytes of memory that the process may have
 */
export function limitsByRanges(fileBytes: number, memoryBytes: number): ReadingLimits {
  const unpacked = Math.min(unpackedLimit(fileBytes), Math.max(LEAST_RANGES, 5 * fileBytes));
  return { bytes: LEAST_RANGES + memoryBytes + unpacked };
}

/**
 * Watches a reading until it is stopped.
 *
 * Time counts only while this process computes, so that a busy machine changes no verdict.
 *
 * @param end called once, with what was exceeded
 * @returns stops watching
 */
export function watch(fileBytes: number, limits: ReadingLimits, end: (fault: string) => void): () => void {
  const timeMs = limits.timeMs ?? LEAST_MS + MS_A_MEBIBYTE * (fileBytes / MEBIBYTE);
  const mostBytes = limits.bytes ?? LEAST_BYTES + 2 * unpackedLimit(fileBytes);
  const began = { wall: performance.now(), cpu: cpuMs(), bytes: memoryUsage.rss() };
  const check = () => {
    const waitedMs = performance.now() - began.wall;
    const isOver = waitedMs > timeMs && cpuMs() - began.cpu > timeMs;
    if (isOver || waitedMs > MOST_WAITING * timeMs) {
      end(
        `reading it takes more than ${(timeMs / 1000).toFixed(1)} s, far more than a file of this size needs`,
      );
    } else if (memoryUsage.rss() - began.bytes > mostBytes) {
      const most = Math.round(mostBytes / MEBIBYTE);
      end(`reading it takes more than ${most} MiB, far more than a file of this size needs`);
    }
  };
  const timer = setInterval(check, CHECK_MS);
  return () => clearInterval(timer);
}

function cpuMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}
