import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildGoProgram, findGoProgram, GO_PROGRAMS } from "./go_programs.ts";

Deno.test("every program is built at an exact version", () => {
  for (const { version } of Object.values(GO_PROGRAMS)) {
    assertMatch(version, /^v\d+\.\d+\.\d+(-\d{14}-[0-9a-f]{12})?$/);
  }
});

Deno.test("findGoProgram() takes what was built at the wanted version, not what another version left behind", () => {
  const folder = mkdtempSync(join(tmpdir(), "cugro-go-"));
  const bin = join(folder, "bin");
  const names = ["PATH", "CUGRO_CACHE", "GOPATH"];
  const before = names.map((name) => [name, Deno.env.get(name)] as const);
  try {
    mkdirSync(bin);
    for (const name of names) Deno.env.set(name, folder);
    writeFileSync(join(bin, "nats-server-v2.9.0"), "");
    assertEquals(findGoProgram("nats-server"), undefined);
    const wanted = join(bin, `nats-server-${GO_PROGRAMS["nats-server"].version}`);
    writeFileSync(wanted, "");
    assertEquals(findGoProgram("nats-server"), wanted);
    writeFileSync(join(folder, "nats-server"), "");
    assertEquals(findGoProgram("nats-server"), join(folder, "nats-server"), "the PATH comes first");
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    rmSync(folder, { recursive: true });
  }
});

/** Runs with a `go` that is this shell script, and the cache in a folder of its own. */
async function withGo(script: string, test: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cugro-go-"));
  const names = ["PATH", "CUGRO_CACHE"];
  const before = names.map((name) => [name, Deno.env.get(name)!] as const);
  try {
    writeFileSync(join(folder, "go"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "go"), 0o755);
    Deno.env.set("PATH", `${folder}:${Deno.env.get("PATH")}`);
    Deno.env.set("CUGRO_CACHE", folder);
    await test(folder);
  } finally {
    for (const [name, value] of before) {
      value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
    }
    rmSync(folder, { recursive: true });
  }
}

Deno.test("buildGoProgram() says how long it takes, that it goes on, and what does without it", () =>
  withGo('sleep 0.5; echo built >"$GOBIN/versitygw"', async (folder) => {
    const reported: string[] = [];
    const path = await buildGoProgram("versitygw", { report: (line) => reported.push(line), noticeMs: 100 });
    assertEquals(Deno.readTextFileSync(path), "built\n");
    assertMatch(
      reported[0]!,
      /^building versitygw v1\.8\.0 \(once, about 2 min; .*--store folder needs none\)$/,
    );
    assert(
      reported.filter((line) => /^still building versitygw \(\d+ s\)$/.test(line)).length >= 2,
      reported.join("\n"),
    );
    assertMatch(reported.at(-1)!, /^built versitygw in \d+ s$/);
    assertEquals(readdirSync(join(folder, "bin")), [`versitygw-${GO_PROGRAMS.versitygw.version}`]);
  }));

Deno.test("buildGoProgram() ends the build when it is told to stop, and leaves nothing", () =>
  withGo('trap "echo interrupted >$CUGRO_CACHE/seen; exit 1" INT; sleep 60 & wait', async (folder) => {
    const stop = new AbortController();
    const building = buildGoProgram("minio", {
      report: () => setTimeout(() => stop.abort(), 300),
      signal: stop.signal,
    });
    await assertRejects(() => building, DOMException);
    assertEquals(readdirSync(join(folder, "bin")), []);
    assertEquals(Deno.readTextFileSync(join(folder, "seen")), "interrupted\n");
  }));
