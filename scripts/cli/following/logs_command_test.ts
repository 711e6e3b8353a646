import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { openLogFile } from "@cugro/telemetry";
import { typed } from "../../../tests/fakes/typed_command.ts";
import { logOfCluster } from "../../cluster/cluster_log.ts";
import { linesOfLog } from "./log_lines_of.ts";
import { logOfRun, openRunLog } from "./run_log.ts";
import { withFolder } from "../../../tests/fakes/test_folder.ts";

const line = (fields: Record<string, unknown>) =>
  JSON.stringify({ time: "2026-01-02T03:04:05Z", level: "info", ...fields });

Deno.test("cugro logs chooses lines of a cluster by service, job, learner and level", () =>
  withFolder(async (folder) => {
    const log = openLogFile(logOfCluster(folder));
    log.write(line({ process: "gateway", service: "gateway", event: "request", level: "debug" }));
    log.write(line({ process: "state-generation.2", event: "job started", jobId: "ab12", learner: "a" }));
    log.write(line({ process: "nats", event: "no JSON of ours" }));
    log.write(
      line({ process: "critic-training", event: "failed", jobId: "cd34", learner: "b", level: "error" }),
    );
    log.close();
    const events = async (...flags: string[]) => {
      const { code, text } = await typed("logs", "--store", folder, "--json", ...flags);
      assertEquals(code, 0, text);
      return text.split("\n").filter(Boolean).map((json) => JSON.parse(json).event);
    };
    assertEquals(await events(), ["request", "job started", "no JSON of ours", "failed"]);
    assertEquals(await events("--service", "state-generation"), ["job started"]);
    assertEquals(await events("--service", "state-generation.1"), []);
    assertEquals(await events("--job", "cd"), ["failed"]);
    assertEquals(await events("--learner", "a"), ["job started"]);
    assertEquals(await events("--level", "warn"), ["failed"]);
    assertEquals(await events("--lines", "1"), ["failed"]);
  }));

Deno.test("cugro logs shows what a run has logged, and says where there is no log", () =>
  withFolder(async (folder) => {
    const none = await typed("logs", "--store", folder);
    assertEquals(none.code, 1);
    assertStringIncludes(
      none.text,
      `There is no log in ${folder}: cugro run and deno task cluster write one`,
    );
    const log = openRunLog(logOfRun(folder));
    log.line(line({ event: "job finished", service: "worker", jobId: "ab" }));
    log.line("text of a native library");
    log.event({
      ...{ specversion: "1.0", id: "x", source: "/learners/a", type: "cugro.version.parked", subject: "a" },
      ...{ datacontenttype: "application/json", data: { version: 2 } },
    });
    log.close();
    const { text } = await typed("logs", "--store", folder, "--json");
    const found = text.split("\n").map((json) => JSON.parse(json));
    assertEquals(found.map(({ event }) => event), [
      "job finished",
      "text of a native library",
      "version.parked",
    ]);
    assertEquals([found[2].learner, found[2].version], ["a", 2]);
    assertStringIncludes((await typed("logs", "--store", "s3://b")).text, "must be a folder of this machine");
  }));

Deno.test("linesOfLog() goes on with what is added, also where the file becomes the one before", () =>
  withFolder(async (folder) => {
    const path = join(folder, "log.jsonl");
    const log = openLogFile(path, 20);
    const stop = new AbortController();
    const lines: (string | undefined)[] = [];
    for (const one of ["first", "second"]) log.write(one);
    for await (const one of linesOfLog(path, stop.signal)) {
      lines.push(one);
      // The file is full with the third of them.
      if (one === undefined) { for (const more of ["third", "fourth", "fifth"]) log.write(more); }
      if (one === "fifth") stop.abort();
    }
    log.close();
    assertEquals(lines, ["first", "second", undefined, "third", "fourth", "fifth"]);
  }));
