import { measureMatrix } from "@cugro/algorithm/arrays";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { resultFaults } from "./result_tables.ts";

const ROOT = join(import.meta.dirname!, "../..");

function run(method: string, last: number) {
  const resultsMatrix = [[100, null], [last, last]];
  return {
    ...{
      id: `s-${method}-0`,
      stream: "s",
      label: method,
      method,
      seed: 0,
      preset: "lean",
      settings: [],
      resultsMatrix,
    },
    ...{
      bytes: {},
      coreSeconds: 3_600,
      fidelity: [],
      knobs: "0123456789abcdef",
      ...measureMatrix(resultsMatrix),
    },
  };
}

const GRID = {
  ...{ about: "", command: "deno task experiment tiny.json", made: { code: "0.8.0+abc" } },
  ...{ coreHours: { done: 2, unshared: 2 }, runs: [run("ours", 90), run("none", 95), run("oracle", 99)] },
};

Deno.test("a grid's table in the README is rendered from its result file, and a rival that is better is bold", async () => {
  const root = await Deno.makeTempDir();
  const readme = join(root, "shared/algorithm/README.md"), results = join(root, "shared/algorithm/results");
  try {
    await mkdir(results, { recursive: true });
    const write = (result: unknown) => writeFile(join(results, "tiny.json"), JSON.stringify(result));
    await write(GRID);
    await writeFile(readme, "# algorithm\n");
    assertStringIncludes(
      resultFaults(root, true)[0]!,
      "has no place for the table of shared/algorithm/results/tiny.json",
    );
    const place = "<!-- grid tiny: rendered by `deno task docs --write` -->\n<!-- end of grid tiny -->\n";
    await writeFile(readme, `# algorithm\n${place}after\n`);
    assertStringIncludes(
      resultFaults(root, false)[0]!,
      "the table of grid tiny is not that of its result file",
    );
    assertEquals(resultFaults(root, true), []);
    assertEquals(resultFaults(root, false), []);
    const text = await readFile(readme, "utf8");
    assertStringIncludes(text, "| s | ours | 1 | 90.0 |");
    assertStringIncludes(text, "| s | none | 1 | **95.0** |");
    assertStringIncludes(text, "| s | oracle (keeps old data) | 1 | 99.0 |");
    await write({ ...GRID, runs: [run("ours", 91), run("none", 95)] });
    assertEquals(resultFaults(root, false).length, 1, "figures that were changed are seen");
    await write({ ...GRID, made: undefined });
    assertStringIncludes(resultFaults(root, false)[0]!, "does not say which version made it");
    await write({ ...GRID, runs: [{ ...run("ours", 91), knobs: undefined }] });
    assertStringIncludes(resultFaults(root, false)[0]!, "run s-ours-0 does not say with which knobs");
    await Deno.remove(join(results, "tiny.json"));
    assertStringIncludes(resultFaults(root, false)[0]!, "has a place for grid tiny, and there is no");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("the committed results say what made them", () => {
  assertEquals(resultFaults(ROOT, false), []);
});
