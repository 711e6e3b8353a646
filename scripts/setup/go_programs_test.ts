import { assertEquals, assertMatch } from "@std/assert";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findGoProgram, GO_PROGRAMS } from "./go_programs.ts";

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
