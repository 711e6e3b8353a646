/**
 * The log: one JSON line per event on stderr, with what it is about as fields (`jobId`, `kind`, `learner`, ...).
 * @module
 */
import process from "node:process";
import { humanLine } from "./human_line.ts";

/** From talkative to silent. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
/** One of {@link LOG_LEVELS}: how important a line is. */
export type LogLevel = typeof LOG_LEVELS[number];
/** What an event is about. An `Error` is written as its message (and its stack, at level debug). */
export type LogFields = Record<string, unknown>;

/** Writes events. `event` says in a few words what happened; everything that varies is in the fields. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** The same log with these fields in every line. */
  with(fields: LogFields): Log;
}

/** How a log is made. */
export interface LogOptions {
  /** Events below are dropped. @default "info" */
  level?: LogLevel;
  /** In every line. */
  fields?: LogFields;
  /** Where lines go, each with its line break. @default stderr */
  write?: (line: string) => void;
}

/**
 * A log.
 *
 * @param options least level, fields of every line, where lines go
 * @returns a function for each level: lines of JSON
 *
 * @example
 * ```ts
 * import { createLog } from "@cugro/telemetry";
 * import { assertEquals } from "@std/assert";
 *
 * const lines: string[] = [];
 * const log = createLog({ level: "warn", fields: { service: "example" }, write: (line) => void lines.push(line) });
 * log.info("not important enough");
 * log.warn("the store is away", { seconds: 3 });
 * const { event, service, seconds } = JSON.parse(lines[0]!);
 * assertEquals([lines.length, event, service, seconds], [1, "the store is away", "example", 3]);
 * ```
 */
export function createLog(options: LogOptions = {}): Log {
  const { level = "info", fields: common = {}, write = (line) => void process.stderr.write(line) } = options;
  const lowest = LOG_LEVELS.indexOf(level);
  const at = (name: Exclude<LogLevel, "silent">) => (event: string, fields: LogFields = {}) => {
    if (LOG_LEVELS.indexOf(name) < lowest) return;
    const line: LogFields = { time: new Date().toISOString(), level: name, event, ...common, ...fields };
    for (const key in line) {
      const value = line[key];
      if (value instanceof Error) {
        line[key] = level === "debug" ? value.stack : `${value.name}: ${value.message}`;
      }
    }
    write(`${JSON.stringify(line)}\n`);
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => createLog({ level, write, fields: { ...common, ...fields } }),
  };
}

/**
 * Where a process that a person may have started writes its log: sentences on a terminal, JSON into a file or a pipe.
 *
 * @param isTerminal whether stderr is one
 * @param put takes the text
 * @returns takes lines of JSON, each with its line break
 */
export function logWriter(
  isTerminal: boolean = process.stderr.isTTY === true,
  put: (text: string) => void = (text) => void process.stderr.write(text),
): (line: string) => void {
  return isTerminal ? (line) => put(`${humanLine(line)}\n`) : put;
}
