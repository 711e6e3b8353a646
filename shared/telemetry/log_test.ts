import { assertEquals } from "@std/assert";
import { createLog, type LogLevel, logWriter } from "./log.ts";

function linesOf(level: LogLevel): Record<string, unknown>[] {
  const lines: string[] = [];
  const log = createLog({ level, fields: { worker: 7 }, write: (line) => lines.push(line) });
  log.debug("stepped", { step: 1 });
  log.with({ jobId: "a" }).info("started\nhere", { kind: "states.train" });
  log.error("failed", { error: new RangeError("out of range") });
  return lines.map((line) => {
    assertEquals([line.endsWith("\n"), line.indexOf("\n")], [true, line.length - 1]);
    const { time, ...rest } = JSON.parse(line);
    assertEquals(new Date(time).toISOString(), time);
    return rest;
  });
}

Deno.test("createLog() writes one JSON line per event, with its fields", () => {
  assertEquals(linesOf("info"), [
    { level: "info", event: "started\nhere", worker: 7, jobId: "a", kind: "states.train" },
    { level: "error", event: "failed", worker: 7, error: "RangeError: out of range" },
  ]);
});

Deno.test("createLog() drops what is below its level, and shows stacks at debug", () => {
  assertEquals(linesOf("error").length, 1);
  assertEquals(linesOf("silent"), []);
  const [first, , last] = linesOf("debug");
  assertEquals(first, { level: "debug", event: "stepped", worker: 7, step: 1 });
  assertEquals(String(last?.error).includes("log_test.ts"), true);
});

Deno.test("logWriter() gives a person on a terminal sentences, and programs the JSON", () => {
  const firstLine = (isTerminal: boolean) => {
    const lines: string[] = [];
    const log = createLog({
      fields: { service: "gateway", worker: 7 },
      write: logWriter(isTerminal, (text) => lines.push(text)),
    });
    log.warn("the store is away", { seconds: 3 });
    return lines.join("");
  };
  assertEquals(firstLine(true).replace(/^\S+ /, ""), "gateway: warn: the store is away (seconds 3)\n");
  assertEquals(JSON.parse(firstLine(false)).event, "the store is away");
});
