/**
 * Output of worker processes: log lines as JSON become sentences for people; everything else is unchanged.
 * @module
 */

/** A log line. */
export interface LogLine {
  level: string;
  event: string;
  [field: string]: unknown;
}

/**
 * A line of text as a log line; undefined if it is not one.
 *
 * @param text one line
 * @returns its level, event and fields
 */
export function parseLogLine(text: string): LogLine | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const line = JSON.parse(text);
    return typeof line.event === "string" && typeof line.level === "string" ? line : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a line is shown without asking for the log: warnings and errors.
 *
 * @param line with its level
 * @returns true for warnings and errors
 */
export function isForPeople({ level }: LogLine): boolean {
  return level === "warn" || level === "error";
}

/** Left out for people: time, place, and fields for programs. */
const UNSAID = ["time", "level", "event", "error", "trace", "jobId", "learner", "worker", "service", "pid"];

/**
 * A log line in a sentence: `store failed, the job is given back (kind critic.train): ...`.
 *
 * @param line of the log
 * @returns a sentence
 */
export function describeLogLine(line: LogLine): string {
  const fields = Object.entries(line).filter(([name]) => !UNSAID.includes(name));
  const about = fields.map(([name, value]) =>
    `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`
  );
  const error = typeof line.error === "string" ? `: ${line.error.replace(/^\w*Error: /, "")}` : "";
  return `${line.event}${about.length > 0 ? ` (${about.join(", ")})` : ""}${error}`;
}
