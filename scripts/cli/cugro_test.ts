import { typed } from "../../tests/fakes/typed_command.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Command } from "commander";
import { createLearner, loadFacts, putOnce } from "@cugro/learners";
import { rejectionKey } from "@cugro/protocol";
import { drive, learnerWith, pretend } from "../../tests/fakes/world.ts";
import { createProgram } from "./cugro.ts";
import { openForWriting } from "./learners/stores_of_flags.ts";
import { createProblemNotes } from "./progress/problem_notes.ts";

/** Commands that can be typed, with their full names. */
function leaves(command: Command, name = ""): [string, Command][] {
  const own = `${name} ${command.name()}`.trim();
  return command.commands.length === 0
    ? [[own, command]]
    : command.commands.flatMap((child) => leaves(child, own));
}

/**
 * Runs a command line that fails.
 *
 * @returns what it said
 */
async function failure(...args: string[]): Promise<string> {
  const { code, text } = await typed(...args);
  assertEquals(code, 1, text);
  return text;
}

Deno.test("createProgram() says of every command and every option what it does", async () => {
  for (const [name, command] of leaves(await createProgram())) {
    assert(command.description() !== "", `${name} has no description`);
    for (const { flags, description } of command.options) {
      assert(description, `${name} ${flags} has no description`);
    }
  }
});

Deno.test("runCommandLine() leaves --version after a command to the command", async () => {
  const act = ["act", "--learner", "a", "--task", "1", "--observations", "[[0]]"];
  assertStringIncludes(await failure(...act, "--version", "0"), "--version must be a whole number");
});

Deno.test("cugro act says where its observations are no rows of numbers, and what they must be", async () => {
  const refusalOf = (text: string) => failure("act", "--learner", "a", "--task", "1", "--observations", text);
  const must = "cugro: --observations must be rows of numbers, e.g. '[[0.1, 0.2]]': ";
  assertEquals(await refusalOf("[0.1"), `${must}it is not JSON: current value is [0.1`);
  assertStringIncludes(await refusalOf("[[1, null]]"), `${must}at [0][1]: `);
  assertStringIncludes(await refusalOf("[1]"), `${must}at [0]: `);
});

Deno.test("runCommandLine() says in a sentence what is wrong with a file or a folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/none.hdf5`;
    assertEquals(
      await failure("datasets", "inspect", file),
      `cugro: Cannot read ${file}: is the path right? It is relative to ${Deno.cwd()}`,
    );
    assertStringIncludes(
      await failure("datasets", "inspect", folder),
      "is a folder without a dataset",
    );
    assertStringIncludes(await failure("status", "--store", `${folder}/none`), "is not there");
    assertStringIncludes(
      await failure("run", file, "--learner", "a", "--store", folder),
      "is the path right?",
    );
    assertStringIncludes(await failure("status", "--learner", "a", "--store", folder), 'no learner "a"');
    const run = async () => await failure("run", folder, "--learner", "a", "--store", folder);
    assertStringIncludes(
      await run(),
      `${folder} is a folder without a dataset`,
    );
    for (const name of ["t10.hdf5", "t2.hdf5", "notes.txt"]) {
      await Deno.writeTextFile(`${folder}/${name}`, "");
    }
    assertStringIncludes(
      await run(),
      `${folder} is a folder: name the files in it, in the order of their tasks: ${folder}/t2.hdf5 ${folder}/t10.hdf5`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("cugro add says what became of a file: handed over, there already, or rejected before and why", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const at = ["--store", `${folder}/store`];
    const files = ["one", "two"].map((name) => `${folder}/${name}.hdf5`);
    for (const file of files) await Deno.writeTextFile(file, file);
    await typed("learner", "create", "a", ...at);
    const add = async (...paths: string[]) => {
      const { code, text } = await typed("add", ...paths, "--learner", "a", ...at);
      assertEquals(code, 0, text);
      return text.split("\n").slice(0, -1).map((line) => line.slice(folder.length + 1));
    };
    assertEquals(await add(...files), ["one.hdf5: handed to a", "two.hdf5: handed to a"]);
    const store = await openForWriting(`${folder}/store`);
    const { arrivals } = await loadFacts(store, "a");
    const { key, seq } = arrivals[0]!;
    await putOnce(store, rejectionKey("a", seq), { schema: 1, seq, key, reason: "no rows", failedJob: null });
    await store.close();
    assertEquals(await add(...files), [
      "one.hdf5: a has rejected it before: no rows",
      "two.hdf5: a has it already",
    ]);
    const { text } = await typed("status", "--learner", "a", ...at);
    assertEquals(text.match(/was rejected/g)?.length, 1, "once, though it is a problem as well");
    assertMatch(
      text,
      /^! one.hdf5 was rejected: no rows\. Put it right .*then: .*cugro run FILE --learner a --store /m,
    );
    assertEquals(
      /incoming\/|---/.test(text),
      false,
      `no key of the store, and no table without rows: ${text}`,
    );
    assertStringIncludes(text, "no task yet");
    assertStringIncludes(text, "a: no version yet");
    assertStringIncludes((await typed("versions", "--learner", "a", ...at)).text, "no version yet");
    assertStringIncludes(
      await failure("add", `${folder}/three`, "--learner", "a", ...at),
      "is the path right?",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("while a command learns, a file that cannot be taken is reported once, and once more when it is gone", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const store = await openForWriting(folder);
    await createLearner({ store, name: "a", seed: 1, preset: "smoke" });
    const path = `${folder}/incoming/a/task 1.hdf5`;
    await Deno.mkdir(`${folder}/incoming/a`, { recursive: true });
    await Deno.writeTextFile(path, "x");
    const printed: string[] = [];
    const look = createProblemNotes(store, { note: (line) => void printed.push(line) }, 0);
    const facts = await loadFacts(store, "a");
    for (let n = 0; n < 3; n++) await look(facts);
    assertEquals(printed.length, 1, printed.join());
    assertStringIncludes(printed[0]!, '! The file "incoming/a/task 1.hdf5" cannot be taken');
    await Deno.remove(path);
    for (let n = 0; n < 3; n++) await look(facts);
    assertEquals(printed.length, 2);
    assertStringIncludes(printed[1]!, 'over: The file "incoming/a/task 1.hdf5"');
    await store.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("cugro status shows the scores of a parked version, marked, beside those it is to be measured against", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const store = await openForWriting(folder);
    const name = await learnerWith(store, ["one", "two"], { maxForgetting: 1 });
    const returns = (task: number, newTask: number) =>
      task === 1 && newTask === 2 ? [9, 10, 11, 12, 13] : [90, 95, 100, 105, 110];
    await drive(store, pretend({ returns }), { name });
    await store.close();
    const { text } = await typed("status", "--learner", name, "--store", folder);
    assertMatch(text, /^1 +100\.0 +–$/m);
    assertMatch(text, /^2 \(parked\) +11\.0 +100\.0$/m);
    assertStringIncludes(text, "! Version 2 (task 2) was parked: ");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what is mistyped is named, with what was most likely meant", async () => {
  const folder = await Deno.makeTempDir();
  const write = process.stderr.write;
  const printed: string[] = [];
  const refused = async (...args: string[]) => {
    printed.length = 0;
    process.stderr.write = (text: string | Uint8Array) => printed.push(String(text)) > 0;
    try {
      const { code, text } = await typed(...args);
      assertEquals(code, 1);
      return printed.join("") + text;
    } finally {
      process.stderr.write = write;
    }
  };
  try {
    const at = ["--store", `${folder}/store`];
    await typed("learner", "create", "walker", "--preset", "smoke", ...at);
    const cases: [string[], string][] = [
      [["run", "f.hdf5", "--lerner", "mine"], "unknown option '--lerner'\n(Did you mean --learner?)"],
      [["act", "--learnr=a"], "unknown option '--learnr'\n(Did you mean --learner?)"],
      [["learner", "create", "a", "--sead", "1"], "unknown option '--sead'\n(Did you mean --seed?)"],
      [["act"], "required option '--learner <name>' not specified\n(cugro act --help shows its options)"],
      [["learner", "create"], "(cugro learner create --help shows its options)"],
      [["stats"], "unknown command 'stats'\n(Did you mean status?)"],
      [["learner", "crate"], "(Did you mean create?)"],
      [["knobs", "topcount"], 'Cannot show "topcount" as there is no such knob: did you mean topCount?'],
      [["learner", "create", "b", "--preset", "smok", ...at], "current value is smok; did you mean smoke?"],
      [
        ["plan", "--set", "stateStep=1"],
        'Cannot set "stateStep" as there is no such knob: did you mean stateSteps?',
      ],
      [
        ["status", "--learner", "waker", ...at],
        'There is no learner "waker" in this store: did you mean walker?',
      ],
      [["cancel", "1", "--learner", "wolker", ...at], "did you mean walker?"],
    ];
    for (const [args, part] of cases) assertStringIncludes(await refused(...args), part, args.join(" "));
    const short = await refused("dashboard", "--port", "80");
    assert(!short.includes("Did you mean"), `dashes are no letters: ${short}`);
    const unlike = await refused("status", "--learner", "hopper", ...at);
    assert(!unlike.includes("did you mean"), unlike);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("knobs that are turned in vain are refused wherever a command takes them", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const at = ["--store", `${folder}/store`];
    const file = `${folder}/one.hdf5`;
    await Deno.writeTextFile(file, "x");
    await typed("learner", "create", "a", "--preset", "smoke", ...at);
    const vain = ["--set", "behaviorSteps=6000"];
    const both = "behaviorSteps is 6,000 and maxGeneratorSteps is 60";
    for (
      const args of [
        ["learner", "create", "b", "--preset", "smoke", ...vain, ...at],
        ["run", file, "--learner", "c", "--preset", "smoke", ...vain, ...at],
        ["run", file, "--learner", "a", ...vain, "--from-next-task", ...at],
        ["plan", "--preset", "smoke", ...vain],
      ]
    ) assertStringIncludes(await failure(...args), both, args.join(" "));
    assertStringIncludes(
      await failure("run", file, "--learner", "c", "--replay", "none", "--set", "replayPairs=9", ...at),
      'Cannot set "replayPairs" to 9 as it would have no effect: it acts only with replay: generated or oracle',
    );
    assertEquals((await typed("learner", "list", ...at)).text, "a", "nothing was made");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
