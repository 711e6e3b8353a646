/** What is written is read by Python's own csv, pandas and pyarrow as the same numbers and texts. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { putArtifact } from "@cugro/store";
import { memoryStore } from "../../tests/fakes/memory_store.ts";
import { pythonWithPackages } from "../../scripts/setup/python_packages.ts";
import {
  fidelityTable,
  lossesOf,
  lossesTable,
  resultsTable,
  shardsTable,
  type Table,
  writeTable,
} from "./mod.ts";
import { csvOf } from "./write_csv.ts";

const python = await pythonWithPackages(console.error);
const READ = fileURLToPath(new URL("testing/read_tables.py", import.meta.url));

const ODD = ['a "quoted", name', "=1+1", "two\nlines", "ümlaut — 漢字", ""];
const TABLE: Table = {
  rows: 5,
  columns: [
    { name: "name", type: "text", values: ODD },
    { name: "score", type: "number", values: [0.1, -0, 1e300, null, -2.5e-7] },
    { name: "episodes", type: "whole", values: [20, null, 0, -1, 2147483647] },
    { name: "counts", type: "flag", values: [true, false, null, true, false] },
    { name: "state", type: "single", values: Float32Array.of(0.1, -0, 3, 1e-40, 5) },
  ],
};

async function text(table: Table): Promise<string> {
  return new TextDecoder().decode(await writeTable(table, "csv"));
}

Deno.test({
  name: "a table comes back as it was in Python: by csv and pandas, and by pyarrow to the last bit",
  ignore: python === undefined,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "cugro-tables-" });
    try {
      await writeFile(join(folder, "table.csv"), await writeTable(TABLE, "csv"));
      await writeFile(join(folder, "table.parquet"), await writeTable(TABLE, "parquet"));
      const read = JSON.parse(await python!.run(READ, folder));
      assertEquals(read.types, {
        ...{ name: "string", score: "double", episodes: "int32", counts: "bool", state: "float" },
      });
      const plain = (values: ArrayLike<unknown>) =>
        Array.from(values, (value) => Object.is(value, -0) ? "-0.0" : value);
      const expected = Object.fromEntries(TABLE.columns.map(({ name, values }) => [name, plain(values)]));
      assertEquals(read.parquet, expected);
      assertEquals(read.csv.map((row: string[]) => row.length), [5, 5, 5, 5, 5, 5]);
      assertEquals(read.csv.slice(1).map(([name]: string[]) => name), ODD.with(1, "'=1+1"));
      assertEquals(read.csv[2].slice(1), ["-0.0", "", "false", "-0.0"]);
      assertEquals([read.frame.score, read.frame.state], ["float64", "float64"]);
      assertEquals(read.mean, (0.1 + 1e300 - 2.5e-7) / 4);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("losses that are lost keep nobody from the others", async () => {
  const store = memoryStore();
  const stored = [{ name: "loss", steps: [1, 2], values: [0.5, null] }];
  const { artifact } = await putArtifact(store, new TextEncoder().encode(JSON.stringify(stored)));
  const job = (id: string, hash: string) => ({
    ...{ id, kind: "critic.train" as const, task: 1 },
    outputs: { curves: { artifact: hash, bytes: 1 } },
  });
  const read = await lossesOf(store, [job("gone", "0".repeat(64)), job("there", artifact)]);
  assertEquals(read, [{ task: 1, kind: "critic.train", job: "there", ...stored[0]! }]);
});

Deno.test("a CSV of any number of rows is written in pieces, as a text cannot be longer than an engine allows", async () => {
  const rows = 20_000;
  const values = Array.from({ length: rows }, (_, row) => row);
  const table: Table = { rows, columns: [{ name: "n", type: "whole", values }] };
  const pieces = Array.from(csvOf(table), ({ length }) => length);
  assertEquals([pieces.length, Math.max(...pieces) < 40_000], [6, true]);
  assertEquals(await text(table), `n\r\n${values.map((n) => `${n}\r\n`).join("")}`);
});

Deno.test("a table without rows has its head, in both formats", async () => {
  const table = lossesTable("mine", []);
  assertEquals(await text(table), "learner,task,kind,job,curve,step,loss\r\n");
  const bytes = await writeTable(table, "parquet");
  assertEquals(new TextDecoder().decode(bytes.subarray(0, 4)), "PAR1");
});

Deno.test("results are a row for each version and task, also of versions that do not count", async () => {
  const cell = { low: null, high: null, episodes: 2, valueEstimate: null };
  const version = (version: number, state: "published" | "parked", scores: number[]) => ({
    ...{ version, state, task: version },
    row: scores.map((meanScore, index) => ({ ...cell, task: index + 1, meanScore })),
  });
  const table = resultsTable({
    ...{ learner: { name: "mine", seed: 3 }, head: 1, validVersions: [1] },
    tasks: [{ task: 1, name: "walk, then run" }, { task: 2, name: "run" }],
    versions: [version(1, "published", [90]), version(2, "parked", [40.5, 80])],
  });
  const [head, ...lines] = (await text(table)).trimEnd().split("\r\n");
  assertStringIncludes(head!, "learner,seed,version,state,counts,serving,learnt_task,task,task_name,score,");
  assertEquals(lines, [
    'mine,3,1,published,true,true,1,1,"walk, then run",90,,,2,,,,',
    'mine,3,2,parked,false,false,2,1,"walk, then run",40.5,,,2,,,,',
    "mine,3,2,parked,false,false,2,2,run,80,,,2,,,,",
  ]);
});

Deno.test("fidelity has a column a measure, and one for each dimension of those that have a number for each", async () => {
  const entry = { generation: 0, allowed: 4 };
  const quantileError = Array.from({ length: 11 }, (_, i) => i / 10);
  const csv = await text(fidelityTable("mine", [
    { ...entry, version: 1, task: 1, fidelity: { mmd: 0.5, note: "text" } },
    { ...entry, version: 2, task: 1, fidelity: { mmd: NaN, auc: 0.75, quantileError } },
  ]));
  const dimensions = quantileError.map((_, i) => `quantileError_${i}`).join(",");
  assertEquals(csv.split("\r\n").slice(0, 3), [
    `learner,version,task,generation,allowed,auc,mmd,${dimensions}`,
    `mine,1,1,0,4,,0.5,${",".repeat(10)}`,
    `mine,2,1,0,4,0.75,,${quantileError.join(",")}`,
  ]);
});

Deno.test("shards stand below each other, with the columns of a dataset's file", async () => {
  const shard = (from: number) => ({
    ...{ size: 2, states: Float32Array.of(from, from + 1, from + 2, from + 3) },
    actions: Float32Array.of(-from, -from - 1),
  });
  const table = shardsTable([shard(1), shard(11)]);
  assertEquals(table.rows, 4);
  assertEquals((await text(table)).trimEnd().split("\r\n"), [
    "shard,observations_0,observations_1,actions_0",
    ...["0,1,2,-1", "0,3,4,-2", "1,11,12,-11", "1,13,14,-12"],
  ]);
});
