import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Command } from "commander";
import process from "node:process";
import { createLearner } from "@cugro/learners";
import { createProgram, runCommandLine } from "./cugro.ts";
import { openForReading, openForWriting } from "./embedded/session.ts";

/** Commands that can be typed, with their full names. */
function leaves(command: Command, name = ""): [string, Command][] {
  const own = `${name} ${command.name()}`.trim();
  return command.commands.length === 0
    ? [[own, command]]
    : command.commands.flatMap((child) => leaves(child, own));
}

/** Runs a command line that fails. @returns what it said on stderr */
async function failure(...args: string[]): Promise<string> {
  const said: string[] = [];
  const { error, log } = console;
  console.error = console.log = (text: unknown) => void said.push(String(text));
  try {
    assertEquals(await runCommandLine(args), 1, said.join("\n"));
  } finally {
    Object.assign(console, { error, log });
  }
  return said.join("\n");
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

Deno.test("a command says on stderr, once, that a file whose name is no key cannot be taken", async () => {
  const folder = await Deno.makeTempDir();
  const said: string[] = [];
  const { write } = process.stderr;
  try {
    const writing = await openForWriting(folder, (text) => void said.push(text));
    await createLearner({ store: writing, name: "a", seed: 1, preset: "smoke" });
    const path = `${await Deno.realPath(folder)}/incoming/a/task 1.hdf5`;
    await Deno.mkdir(`${folder}/incoming/a`, { recursive: true });
    await Deno.writeTextFile(path, "x");
    for (let n = 0; n < 2; n++) assertEquals(await writing.list("incoming/a/"), []);
    await writing.close();
    const sentence = `${path} cannot be taken: rename it to letters, digits and . _ = -\n`;
    assertEquals(said, [sentence]);
    process.stderr.write = (text: string | Uint8Array) => said.push(String(text)) > 0;
    const reading = await openForReading(folder);
    await reading.list("incoming/");
    await reading.close();
    assertEquals(said, [sentence, sentence]);
  } finally {
    process.stderr.write = write;
    await Deno.remove(folder, { recursive: true });
  }
});
