/**
 * The log of commands that learn on a folder: output of their workers and events of the bus, as JSON lines beside the
 * store's objects.
 * @module
 */
import { join } from "node:path";
import { SERVICE_FOLDER } from "@cugro/store";
import { openLogFile } from "@cugro/telemetry";
import type { CloudEvent } from "@cugro/protocol";

/** The log of a command that learns. */
export interface RunLog {
  /** Output of a worker. */
  line(line: string): void;
  /** Events of the bus. */
  event(event: CloudEvent): void;
  close(): void;
}

/**
 * Where the log of a folder is; no object of the store.
 *
 * @param folder of a store
 * @returns path of the log
 */
export function logOfRun(folder: string): string {
  return join(folder, SERVICE_FOLDER, "logs", "run.jsonl");
}

/**
 * Opens it with the first line.
 *
 * @param path of the log
 * @returns takes output and events, until it is closed
 */
export function openRunLog(path: string): RunLog {
  const file = openLogFile(path);
  const write = (fields: Record<string, unknown>) =>
    file.write(JSON.stringify({ process: "run", time: new Date().toISOString(), level: "info", ...fields }));
  return {
    line(line) {
      const text = line.trim();
      if (text.startsWith("{") && text.endsWith("}")) file.write(text);
      else write({ event: text });
    },
    event: ({ type, subject, data }) =>
      write({ event: type.replace(/^cugro\./, ""), learner: subject, ...data }),
    close: file.close,
  };
}
