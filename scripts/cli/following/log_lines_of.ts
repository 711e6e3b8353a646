/**
 * Lines of a log file and of the one before it, chosen by what they are about, also as they are added.
 * @module
 */
import { pause } from "@cugro/async";
import { fileBefore, LOG_LEVELS, type LogLevel } from "@cugro/telemetry";
import { open, stat } from "node:fs/promises";

/** Which lines are wanted. */
export interface Wanted {
  /** Name of a service, or of one of its processes (`state-generation.2`). */
  service?: string | undefined;
  /** Id of a job, or how it begins. */
  job?: string | undefined;
  learner?: string | undefined;
  /** The least level. */
  level?: LogLevel | undefined;
}

/** Whether a line is wanted; lines that are no JSON only without a filter. */
export function isWanted(line: string, { service, job, learner, level }: Wanted): boolean {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line);
  } catch {
    return [service, job, learner, level].every((one) => one === undefined);
  }
  const { process, service: own, jobId, learner: about, subject } = fields;
  if (service !== undefined && ![process, own, String(process).split(".")[0]].includes(service)) return false;
  if (job !== undefined && !String(jobId ?? "").startsWith(job)) return false;
  if (learner !== undefined && learner !== about && learner !== subject) return false;
  const rank = LOG_LEVELS.indexOf(fields.level as LogLevel);
  return level === undefined || rank < 0 || rank >= LOG_LEVELS.indexOf(level);
}

const PIECE_BYTES = 1024 * 1024;
const LOOK_MS = 500;

/**
 * Lines of the file before, if there is one, and of the file.
 *
 * @param path of the file that is written
 * @param following once its end is reached, goes on with what is added until this signal; @default ends there
 * @returns lines; undefined once, where the end is reached
 */
export async function* linesOfLog(path: string, following?: AbortSignal): AsyncGenerator<string | undefined> {
  yield* piecesOf(fileBefore(path)).lines();
  let current = piecesOf(path);
  yield* current.lines();
  yield undefined;
  while (following && !following.aborted) {
    await pause(LOOK_MS, following);
    if (await current.isReplaced()) {
      // Lines that were added before the file was rotated.
      yield* current.lines(fileBefore(path));
      current = piecesOf(path);
    }
    yield* current.lines();
  }
}

/** A file that is read on from the last position. */
function piecesOf(path: string) {
  let [at, inode, rest] = [0, 0, ""];
  const decoder = new TextDecoder();
  return {
    async isReplaced(): Promise<boolean> {
      const found = await stat(path).catch(() => undefined);
      return inode !== 0 && found !== undefined && found.ino !== inode;
    },
    async *lines(from: string = path): AsyncGenerator<string> {
      const file = await open(from).catch(() => undefined);
      if (!file) return;
      try {
        inode = (await file.stat()).ino;
        const piece = new Uint8Array(PIECE_BYTES);
        while (true) {
          const { bytesRead } = await file.read(piece, 0, piece.length, at);
          if (bytesRead === 0) return;
          at += bytesRead;
          const lines = (rest + decoder.decode(piece.subarray(0, bytesRead), { stream: true })).split("\n");
          rest = lines.pop()!;
          yield* lines;
        }
      } finally {
        await file.close();
      }
    },
  };
}
