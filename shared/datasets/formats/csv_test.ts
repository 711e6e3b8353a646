/** Tables of text: what is read, and what is refused with row and column. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { sourceOf } from "@cugro/hdf5";
import { DatasetError } from "../dataset.ts";
import { wantedFields } from "../field_names.ts";
import { checkStart, readDataset } from "../read_dataset.ts";
import { datasetHash } from "../stored.ts";
import { readCsv } from "./read_csv.ts";
import { numbersOf, readSample, sample } from "./testing/sample.ts";

const whole = readSample("d4rl.hdf5");
const bytesOf = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => readCsv(sourceOf(bytesOf(text)), "a.csv", wantedFields()).arrays;

function refused(text: string, ...words: string[]): void {
  const { message } = assertThrows(() => read(text), DatasetError);
  for (const word of ["a.csv", ...words]) assertStringIncludes(message, word);
  assertEquals(message.split("\n").length, 1);
}

Deno.test("CSV is the same dataset, under names by convention and under its own", () => {
  assertEquals(readSample("columns.csv"), { hash: whole.hash, codes: [] });
  const map = {
    observations: ["x", "y", "v"],
    actions: ["force x", "force y"],
    rewards: ["score"],
    next_observations: ["x'", "y'", "v'"],
    terminals: ["fell"],
    timeouts: ["cut"],
  };
  assertEquals(readSample("own_names.csv", { map }), { hash: whole.hash, codes: [] });
  const text = new TextDecoder().decode(sample("columns.csv"));
  for (
    const [name, other] of [
      ["tabs", text.replaceAll(",", "\t")],
      ["semicolons", text.replaceAll(",", ";").replaceAll("\n", "\r\n")],
      ["byte order mark", `\ufeff${text}`],
      ["words", text.replaceAll(/,1\n/g, ",True\n").replaceAll(/,0\n/g, ", false \n")],
    ] as const
  ) {
    assertEquals(checkStart(sourceOf(bytesOf(other)), "a"), "csv", name);
    const [plain, changed] = [read(text), read(other)];
    assertEquals(
      Object.entries(changed).map(([, { data }]) => numbersOf(data)),
      Object.entries(plain).map(([, { data }]) => numbersOf(data)),
      name,
    );
  }
});

Deno.test("names with the delimiter in them, and names by convention that a map uses otherwise, are found", () => {
  const text = new TextDecoder().decode(sample("own_names.csv"))
    .replace("force x", "force, x").replace("fell", "done");
  const map = {
    observations: ["x", "y", "v"],
    actions: ["force, x", "force y"],
    rewards: ["score"],
    next_observations: ["x'", "y'", "v'"],
    terminals: ["done"],
    timeouts: ["cut"],
  };
  for (const form of [text, text.replace("force, x", 'force, ""x""')]) {
    const actions = form === text ? map.actions : ['force, "x"', "force y"];
    const judged = readDataset(bytesOf(form), "own.csv", { map: { ...map, actions } });
    assertEquals([datasetHash(judged.dataset), judged.notices], [whole.hash, []]);
  }
  const { timeouts: _, next_observations: __, ...rest } = map;
  const codes = (name: string) =>
    readDataset(bytesOf(text.replace("done", name)), "own.csv", { map: { ...rest, terminals: [name] } })
      .notices.map(({ code }) => code);
  assertEquals(codes("done"), codes("fell"));
  assertEquals(codes("done"), ["episode-ends-unknown"]);
});

Deno.test("numbers of a table are those that are written there", () => {
  const { observations, actions, rewards } = read(
    'obs_0,obs_1,action,reward,note\n1e-3,-.5,0,,a\n+2,3.,1,NaN,"b,""c"\n',
  );
  assertEquals(numbersOf(observations!.data), [1e-3, -0.5, 2, 3]);
  assertEquals([actions!.shape, numbersOf(actions!.data), actions!.integer], [[2, 1], [0, 1], true]);
  assertEquals([...numbersOf(rewards!.data), observations!.integer], [NaN, NaN, false]);
});

Deno.test("what is no number is named with row and column, lines of another length with their number", () => {
  refused("obs,act\n1,2\n3,0x10\n", "field act, row 1", "it must be a number", "0x10");
  refused("obs;act\n1;2\n3;0,5\n", "field act, row 1", "with a point and no comma");
  refused("obs,act\n1,2\n3\n", "as many fields as the first one (line 3)");
  refused("1,2\n3,4\n", "the first line must name the columns");
  refused('obs,act\n1,"2\n3,4\n', "cannot be read");
  refused(`obs,act\n1,2\n3,${"4".repeat(2 ** 21)}\n`, "a row has more than");
  refused("obs,obs\n1,2\n", "field obs: there are two columns");
});

Deno.test("lines without rows take no memory", () => {
  const names = Array.from({ length: 2000 }, (_, i) => `obs_${i}`).join(",");
  const rows = `${names}\n${names.replaceAll(/obs_\d+/g, "1")}\n${"\n".repeat(2_000_000)}`;
  assertEquals(read(rows).observations!.shape, [1, 2000]);
});
