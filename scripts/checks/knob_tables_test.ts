import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { knobs } from "@cugro/algorithm/knobs";
import { knobTableFaults, paperValueFaults, withTables } from "./knob_tables.ts";

Deno.test("withTables() renders a row for every knob, and once rendered changes nothing", () => {
  const rendered = withTables(
    "above\n<!-- rendered by `deno task docs --write` -->\nstale rows\n<!-- end -->\nbelow\n",
  )!;
  for (const [name, { about }] of Object.entries(knobs)) {
    const row = rendered.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
    assertStringIncludes(row ?? "", about);
  }
  assert(!rendered.includes("stale rows") && rendered.startsWith("above\n") && rendered.endsWith("below\n"));
  assertEquals(withTables(rendered), rendered);
  assertEquals(withTables("no marks"), undefined);
});

Deno.test("knobTableFaults() says what to type when the table has changed, and --write mends it", async () => {
  const root = await Deno.makeTempDir();
  const repository = new URL("../..", import.meta.url);
  const files = ["shared/algorithm/README.md", "shared/algorithm/knobs/README.md"] as const;
  try {
    await Deno.mkdir(`${root}/shared/algorithm/knobs`, { recursive: true });
    for (const file of files) await Deno.copyFile(new URL(file, repository), `${root}/${file}`);
    assertEquals(knobTableFaults(root, false), []);
    const text = await Deno.readTextFile(`${root}/${files[1]}`);
    await Deno.writeTextFile(`${root}/${files[1]}`, text.replace("| 29,300 |", "| 29,301 |"));
    assertStringIncludes(knobTableFaults(root, false).join(), "deno task docs --write");
    assertEquals(knobTableFaults(root, true), []);
    assertEquals(await Deno.readTextFile(`${root}/${files[1]}`), text);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("paperValueFaults() names a value that is not the paper's, and a knob that does not exist", () => {
  const readme = (switches: string) => `## Deviations\n| what | how | \`${switches}\` |\n## Next\n`;
  assertEquals(paperValueFaults(readme("timeEnd: 1e-3, solver: dpm3")), []);
  assertStringIncludes(paperValueFaults(readme("solver: dpmpp2m"))[0]!, "the preset paper says dpm3");
  assertStringIncludes(paperValueFaults(readme("stateStep: 1"))[0]!, "no knob stateStep");
  assertStringIncludes(paperValueFaults("nothing")[0]!, "no table");
});
