/**
 * What `deno task cluster` shows while it runs: lines for people on a terminal, JSON elsewhere and in the log file.
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import process from "node:process";
import { stripVTControlCharacters } from "node:util";
import { humanLine, openLogFile } from "@cugro/telemetry";

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
  /** Gets everything as well, and does not grow without end. @default none */
  kept?: string;
  /** @default whether stderr is a terminal */
  forPeople?: boolean;
  /** @default to stderr */
  show?: (line: string) => void;
}

/** Request id of what the command itself asks the gateway every two seconds: as long as it is answered, it is no news. */
export const OWN_REQUEST = "asked-by-deno-task-cluster";

/**
 * Opens the log file, if any.
 *
 * @throws {Error} if it cannot be written
 */
export function openOutput(options: OutputOptions): Output {
  const { quiet, log, kept, forPeople = process.stderr.isTTY === true, show = showOnStderr } = options;
  const file = log === undefined ? undefined : openSync(log, "a");
  const keeping = kept === undefined ? undefined : openLogFile(kept);
  const put = (json: string, isShown: boolean) => {
    if (file !== undefined) writeSync(file, `${json}\n`);
    keeping?.write(json);
    if (isShown) show(forPeople ? humanLine(json) : json);
  };
  return {
    line: (name, line) => isOwnRequest(line) ? undefined : put(jsonLine(name, line), !quiet),
    event: (sentence) => put(jsonLine("cluster", sentence), true),
    close() {
      if (file !== undefined) closeSync(file);
      keeping?.close();
    },
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
