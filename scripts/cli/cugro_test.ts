import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Command } from "commander";
import { createLearner, loadFacts, putOnce } from "@cugro/learners";
import { rejectionKey } from "@cugro/protocol";
import { drive, learnerWith, pretend } from "../../tests/fakes/world.ts";
import { createProgram, runCommandLine } from "./cugro.ts";
import { openForWriting } from "./embedded/session.ts";
import { createProblemNotes } from "./progress/problem_notes.ts";

/** Commands that can be typed, with their full names. */
function leaves(command: Command, name = ""): [string, Command][] {
  const own = `${name} ${command.name()}`.trim();
  return command.commands.length === 0
    ? [[own, command]]
    : command.commands.flatMap((child) => leaves(child, own));
}

/** Runs a command line. @returns what it printed, and its exit code */
async function printed(...args: string[]): Promise<{ code: number; text: string }> {
  const said: string[] = [];
  const { error, log } = console;
  console.error = console.log = (text: unknown) => void said.push(String(text));
  try {
    return { code: await runCommandLine(args), text: said.join("\n") };
  } finally {
    Object.assign(console, { error, log });
  }
}

/** Runs a command line that fails. @returns what it said */
async function failure(...args: string[]): Promise<string> {
  const { code, text } = await printed(...args);
  assertEquals(code, 1, text);
  return text;
}

Deno.test("createProgram() says of every command and every option what it does", () => {
  for (const [name, command] of leaves(createProgram())) {
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

Deno.test("runCommandLine() says in a sentence what is wrong with a file or a folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/none.hdf5`;
    assertEquals(
      await failure("datasets", "inspect", file),
      `cugro: Cannot read ${file}: there is no such file or folder`,
    );
    assertStringIncludes(await failure("datasets", "inspect", folder), "it is a folder");
    assertStringIncludes(await failure("status", "--store", `${folder}/none`), "is not there");
    assertStringIncludes(
      await failure("run", file, "--learner", "a", "--store", folder),
      "is the path right?",
    );
    assertStringIncludes(await failure("status", "--learner", "a", "--store", folder), 'no learner "a"');
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
    await printed("learner", "create", "a", ...at);
    const add = async (...paths: string[]) => {
      const { code, text } = await printed("add", ...paths, "--learner", "a", ...at);
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
    assertStringIncludes(
      await failure("add", `${folder}/three`, "--learner", "a", ...at),
      "is the path right?",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("while a command learns, a file that nobody takes is said once, and once that it is gone", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const store = await openForWriting(folder);
    await createLearner({ store, name: "a", seed: 1, preset: "smoke" });
    const path = `${folder}/incoming/a/task 1.hdf5`;
    await Deno.mkdir(`${folder}/incoming/a`, { recursive: true });
    await Deno.writeTextFile(path, "x");
    const said: string[] = [];
    const look = createProblemNotes(store, { note: (line) => void said.push(line) }, 0);
    const facts = await loadFacts(store, "a");
    for (let n = 0; n < 3; n++) await look(facts);
    assertEquals(said.length, 1, said.join());
    assertStringIncludes(said[0]!, '! The file "incoming/a/task 1.hdf5" cannot be taken');
    await Deno.remove(path);
    for (let n = 0; n < 3; n++) await look(facts);
    assertEquals(said.length, 2);
    assertStringIncludes(said[1]!, 'over: The file "incoming/a/task 1.hdf5"');
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
      task === 1 && newTask === 2 ? [10, 11, 12] : [90, 100, 110];
    await drive(store, pretend({ returns }), { name });
    await store.close();
    const { text } = await printed("status", "--learner", name, "--store", folder);
    assertMatch(text, /^1 +100\.0 +–$/m);
    assertMatch(text, /^2 \(parked\) +11\.0 +100\.0$/m);
    assertStringIncludes(text, "! Version 2 (task 2) was parked: ");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
