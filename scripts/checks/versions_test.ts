import { assert, assertEquals } from "@std/assert";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeVersion, version } from "@cugro/telemetry";
import { withGateway } from "../../services/gateway/testing/testing_gateway.ts";
import { createProgram } from "../cli/cugro.ts";
import { ROOT } from "../setup/setup_plan.ts";

/** Version of each package of the workspace, by folder. */
async function packageVersions(): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const top of ["shared", "services"]) {
    for (
      const { name } of (await readdir(join(ROOT, top), { withFileTypes: true })).filter((e) =>
        e.isDirectory()
      )
    ) {
      const manifest = JSON.parse(await readFile(join(ROOT, top, name, "deno.json"), "utf8"));
      versions[`${top}/${name}`] = manifest.version;
    }
  }
  return versions;
}

Deno.test("there is one version: packages, that of Python among them, command line, API, code version and the newest change", async () => {
  const packages = await packageVersions();
  assert(Object.keys(packages).length > 20);
  assertEquals(Object.entries(packages).filter(([, one]) => one !== version), []);
  assertEquals((await createProgram([])).version(), version);
  assertEquals(codeVersion.split("+")[0], version);
  const python = await readFile(join(ROOT, "shared/client/python/pyproject.toml"), "utf8");
  assertEquals(/^version = "(.*)"$/m.exec(python)?.[1], version);
  const changes = await readFile(join(ROOT, "CHANGELOG.md"), "utf8");
  assertEquals(/^## \[(\S+)\] - \d{4}-\d\d-\d\d$/m.exec(changes)?.[1], version);
  await withGateway(async ({ ask }) => {
    const { body } = await ask("GET", "/openapi.json", { as: "" });
    assertEquals((body as { info: { version: string } }).info.version, version);
  });
});
