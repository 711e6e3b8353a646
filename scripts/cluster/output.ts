/**
 * What `deno task cluster` shows while it runs: lines for people on a terminal, JSON elsewhere and in the log file.
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import process from "node:process";
import { stripVTControlCharacters } from "node:util";

/** Where lines go. */
export interface Output {
  /** A process of the cluster wrote a line. */
  line(name: string, line: string): void;
  /** Something happened to the cluster; shown always. */
  event(sentence: string): void;
  close(): void;
}

/** How {@link openOutput} shows lines. */
export interface OutputOptions {
  /** Lines of processes are not shown. */
  quiet: boolean;
  /** Gets everything, quiet or not. */
  log: string | undefined;
  /** @default whether stderr is a terminal */
  forPeople?: boolean;
  /** @default to stderr */
  show?: (line: string) => void;
}

/** In every line, or of no use to people. */
const LEFT_OUT = new Set(["time", "level", "event", "process", "service", "worker", "trace", "profile"]);
const LONGEST_VALUE = 100;
/** Request id of what the command itself asks the gateway every two seconds: as long as it is answered, it is no news. */
export const OWN_REQUEST = "asked-by-deno-task-cluster";

/**
 * Opens the log file, if any.
 *
 * @throws {Error} if it cannot be written
 */
export function openOutput(options: OutputOptions): Output {
  const { quiet, log, forPeople = process.stderr.isTTY === true, show = showOnStderr } = options;
  const file = log === undefined ? undefined : openSync(log, "a");
  const put = (json: string, isShown: boolean) => {
    if (file !== undefined) writeSync(file, `${json}\n`);
    if (isShown) show(forPeople ? humanLine(json) : json);
  };
  return {
    line: (name, line) => isOwnRequest(line) ? undefined : put(jsonLine(name, line), !quiet),
    event: (sentence) => put(jsonLine("cluster", sentence), true),
    close: () => file === undefined ? undefined : closeSync(file),
  };
}

function isOwnRequest(line: string): boolean {
  return line.includes(`"requestId":"${OWN_REQUEST}"`) && line.includes(`"level":"info"`);
}

/** A line of a service is JSON already; with the process that wrote it. Native libraries write plain text. */
export function jsonLine(name: string, line: string): string {
  const text = line.trim();
  if (text.startsWith("{") && text.endsWith("}")) {
    return `{"process":${JSON.stringify(name)}${text === "{}" ? "" : ","}${text.slice(1)}`;
  }
  const [time, event] = [new Date().toISOString(), stripVTControlCharacters(text)];
  return JSON.stringify({ process: name, time, level: "info", event });
}

/** "12:03:01 state-generation: job finished (kind states.train, learner one)" */
export function humanLine(json: string): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(json);
  } catch {
    return json;
  }
  const { time, level, event, process } = fields;
  const at = new Date(String(time));
  const clock = Number.isNaN(at.getTime()) ? "" : `${at.toTimeString().slice(0, 8)} `;
  const severity = level === "warn" || level === "error" ? `${level}: ` : "";
  const details = Object.entries(fields).filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `${name} ${shortened(value)}`);
  return `${clock}${process}: ${severity}${event}${details.length > 0 ? ` (${details.join(", ")})` : ""}`;
}

function shortened(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  if (/^[0-9a-f]{64}$/.test(text)) return text.slice(0, 8);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)} ...` : text;
}

/** A reader of a pipe that has gone away must not end the cluster in the middle of its stop. */
function showOnStderr(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch (error) {
    if (!["EPIPE", "EIO", "EAGAIN"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/**
 * Says something to the terminal itself, past a pipe whose reader Ctrl-C has ended as well (`... 2>&1 | tee file`).
 * Nothing where stderr is the terminal, or where there is none.
 */
export function printOnTerminal(sentence: string): void {
  if (process.stderr.isTTY) return;
  try {
    const terminal = openSync("/dev/tty", "w");
    writeSync(terminal, `${sentence}\n`);
    closeSync(terminal);
  } catch {
    // No terminal.
  }
}
