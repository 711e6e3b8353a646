/**
 * A command loads what it needs: of libraries that take long to load, those that it uses.
 */
import { assertEquals } from "@std/assert";
import { openCompute } from "@cugro/tensors";
import { loadedBy } from "../../tests/fakes/loaded_modules.ts";
import { publishExample } from "../lab/experiments/example_learner.ts";
import { COMMAND_FILES } from "./command_table.ts";
import { openForWriting } from "./learners/stores_of_flags.ts";

const PROGRAM = new URL("cugro.ts", import.meta.url);
/** What takes long to load, and when it is loaded. */
const HEAVY = {
  tensors: "/@tensorflow/",
  "S3 client": "/@aws-sdk/",
  NATS: "/@nats-io/",
  robots: "/@mujoco/",
  HDF5: "/h5wasm/",
  Parquet: "/hyparquet-writer/",
  plots: "/@observablehq/plot/",
  "HTTP server": "/hono/",
  metrics: "/prom-client/",
};

/** Names of what is heavy among the modules that a command line loads. */
async function heavyOf(...args: string[]): Promise<string[]> {
  const { code, text, urls } = await loadedBy(PROGRAM, args);
  assertEquals(code, 0, `${args.join(" ")}: ${text}`);
  return Object.entries(HEAVY).filter(([, part]) => urls.some((url) => url.includes(part))).map(([name]) =>
    name
  );
}

Deno.test("a command loads no tensor library, client, server or simulator that it does not use", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await openCompute();
    const store = await openForWriting(folder);
    await publishExample({ store, name: "fast", acting: ["actor"] });
    await store.close();
    const at = ["--learner", "fast", "--store", folder];
    const act = ["act", ...at, "--task", "1", "--observations", "[[0,0,0]]"];
    const table: [string[], string[]][] = [
      [["--help"], []],
      [["act", "--help"], []],
      [["status", ...at], []],
      [["versions", ...at], []],
      [["learner", "list", "--store", folder], []],
      [act, []],
      [[...act, "--acting", "proposer"], []],
      // What shows that this test sees them.
      [[...act, "--acting", "sampler"], ["tensors"]],
      [["report", ...at], ["plots"]],
    ];
    for (const [args, heavy] of table) assertEquals(await heavyOf(...args), heavy, args.join(" "));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the table of commands has each command of each file, once", async () => {
  const { Command } = await import("commander");
  for (const { commands, load } of COMMAND_FILES) {
    const program = new Command();
    (await load())(program);
    assertEquals(program.commands.map((command) => command.name()), Object.keys(commands));
  }
  const names = COMMAND_FILES.flatMap(({ commands }) => Object.keys(commands));
  assertEquals(new Set(names).size, names.length);
});
