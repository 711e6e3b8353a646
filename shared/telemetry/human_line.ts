/**
 * A log line as a sentence: what a person reads on a terminal, where a program reads JSON.
 * @module
 */

/** In every line, or of no use to people. */
const LEFT_OUT = new Set(["time", "level", "event", "process", "service", "worker", "trace", "profile"]);
const LONGEST_VALUE = 100;

/**
 * A line of JSON in a sentence: `12:03:01 state-generation: job finished (kind states.train, learner one)`.
 *
 * @param json as the log writes it; with `process`, the name of the process that wrote it, or its `service`
 * @returns the sentence, without a line break; text that is no JSON as it is
 */
export function humanLine(json: string): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(json);
  } catch {
    return json;
  }
  const { time, level, event, process, service } = fields;
  const at = new Date(String(time));
  const clock = Number.isNaN(at.getTime()) ? "" : `${at.toTimeString().slice(0, 8)} `;
  const severity = level === "warn" || level === "error" ? `${level}: ` : "";
  const details = Object.entries(fields).filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `${name} ${shortened(value)}`);
  const about = details.length > 0 ? ` (${details.join(", ")})` : "";
  return `${clock}${process ?? service}: ${severity}${event}${about}`;
}

function shortened(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  if (/^[0-9a-f]{64}$/.test(text)) return text.slice(0, 8);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)} ...` : text;
}
