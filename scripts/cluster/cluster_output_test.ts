import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { humanLine } from "@cugro/telemetry";
import { jsonLine, openOutput, OWN_REQUEST } from "./cluster_output.ts";

const JOB =
  '{"time":"2026-01-02T03:04:05.678Z","level":"warn","event":"attempt failed","service":"gateway",' +
  `"worker":7,"jobId":"${"ab".repeat(32)}","error":"RangeError: no"}`;

Deno.test("lines of services are JSON for programs and sentences for people", () => {
  const json = jsonLine("gateway.1", JOB);
  assertEquals(JSON.parse(json), { process: "gateway.1", ...JSON.parse(JOB) });
  assertMatch(
    humanLine(json),
    /^\d\d:\d\d:05 gateway\.1: warn: attempt failed \(jobId abababab, error RangeError: no\)$/,
  );
  const native = JSON.parse(jsonLine("critic-training", "\u001b[31mW0000 native {library}\u001b[0m"));
  assertEquals([native.process, native.event], ["critic-training", "W0000 native {library}"]);
  assertEquals(humanLine('{"process":"x",torn}'), '{"process":"x",torn}');
});

Deno.test("openOutput() writes everything to the file, and shows events although it is quiet", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const log = join(folder, "log");
    const shown: string[] = [];
    const kept = join(folder, "logs", "kept.jsonl");
    const show = (line: string) => void shown.push(line);
    const output = openOutput({ quiet: true, log, kept, forPeople: true, show });
    output.line("gateway", JOB);
    output.event("nats-server (pid 7) ended with SIGKILL");
    output.close();
    assertEquals(shown.length, 1);
    assertMatch(shown[0]!, /cluster: nats-server \(pid 7\) ended with SIGKILL$/);
    const lines = (await Deno.readTextFile(log)).trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(lines.map(({ process, event }) => [process, event]), [
      ["gateway", "attempt failed"],
      ["cluster", "nats-server (pid 7) ended with SIGKILL"],
    ]);
    assertEquals(await Deno.readTextFile(kept), await Deno.readTextFile(log));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openOutput() leaves out what the command itself asks, unless it is refused", () => {
  const shown: string[] = [];
  const output = openOutput({
    quiet: false,
    log: undefined,
    show: (line) => void shown.push(line),
    forPeople: false,
  });
  const request = (level: string, requestId: string) =>
    JSON.stringify({ level, event: "request", requestId });
  output.line("gateway", request("info", OWN_REQUEST));
  output.line("gateway", request("error", OWN_REQUEST));
  output.line("gateway", request("info", "of-somebody"));
  output.close();
  assertEquals(shown.map((line) => JSON.parse(line).level), ["error", "info"]);
});
