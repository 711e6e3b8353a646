/**
 * The history of a run: what every process saw and did, one JSON line each, written before the process goes on, so
 * that a SIGKILL loses nothing that happened.
 * @module
 */
import { appendFileSync, mkdirSync } from "node:fs";
import { open, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import type { JobKind } from "@cugro/protocol";

/** What can be seen. `key`: of the store; `hash`: SHA-256 of the bytes written. */
export type Sight =
  | { what: "process"; state: "started" | "stopped" }
  | { what: "put"; key: string; hash: string; outcome: "written" | "refused" | "failed" }
  | { what: "delete"; key: string }
  | { what: "announce"; id: string; type: string }
  | { what: "job"; jobId: string; kind: JobKind; state: "started" | "step" | "returned"; step: number }
  | { what: "settle"; jobId: string; how: "ack" | "nak" | "term" }
  /** A fault in one process, of the process's own making; over after `ms`. */
  | { what: "sabotage"; action: string; point: string; ms: number }
  /** A fault of the world. */
  | { what: "fault"; fault: string; state: "begins" | "ends" }
  /** What the sampler found. */
  | { what: "head"; learner: string; version: number | null }
  | { what: "result"; jobId: string; etag: string }
  | { what: "news"; id: string; type: string }
  /** The store was lost, and is restored without these keys; versions that serve in the snapshot. */
  | { what: "lost"; keys: string[]; heads: Record<string, number | null> }
  /** What the operator did. */
  | { what: "act"; learner: string; act: "drop" | "rollback" | "retry"; about: string };

/** One line. `at`: ms since 1970 by a clock that no fault can turn. */
export type Entry = Sight & { at: number; who: string; pid: number };

/** Writes down what is seen. */
export type Recorder = (sight: Sight) => void;

/** Milliseconds since 1970 as a steady clock has them: not moved by tests that replace `Date`. */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}

/** A recorder that appends to a file of its own; every line is with the system when it returns. */
export function createRecorder(file: string, who: string): Recorder {
  mkdirSync(dirname(file), { recursive: true });
  return (sight) => {
    const entry = { at: Math.round(steadyNow() * 1000) / 1000, who, pid: process.pid, ...sight };
    appendFileSync(file, `${JSON.stringify(entry)}\n`);
  };
}

/** All entries of a folder of histories, in order of time. A line that was cut off by a SIGKILL is left out. */
export async function readHistory(folder: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const name of await readdir(folder)) {
    entries.push(...parseLines(await readFile(join(folder, name), "utf8")));
  }
  return entries.sort((a, b) => a.at - b.at);
}

/** Reads what is new in a folder of histories at each call. */
export function followHistory(folder: string): () => Promise<Entry[]> {
  const places = new Map<string, number>();
  return async () => {
    const fresh: Entry[] = [];
    for (const name of await readdir(folder)) {
      const from = places.get(name) ?? 0;
      const text = await readFrom(join(folder, name), from);
      const whole = text.lastIndexOf("\n") + 1;
      places.set(name, from + new TextEncoder().encode(text.slice(0, whole)).length);
      fresh.push(...parseLines(text.slice(0, whole)));
    }
    return fresh.sort((a, b) => a.at - b.at);
  };
}

async function readFrom(path: string, from: number): Promise<string> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(Math.max(0, size - from));
    const { bytesRead } = bytes.length > 0 ? await file.read(bytes, 0, bytes.length, from) : { bytesRead: 0 };
    return new TextDecoder().decode(bytes.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

function parseLines(text: string): Entry[] {
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as Entry];
    } catch {
      return [];
    }
  });
}
