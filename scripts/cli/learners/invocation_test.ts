import { assertEquals, assertStringIncludes } from "@std/assert";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { invocation, quoted } from "./invocation.ts";
import { commandLine } from "./place.ts";

const CONFIG = fileURLToPath(new URL("../../../deno.json", import.meta.url));
const CLI = fileURLToPath(new URL("../cugro.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

Deno.test("an advised command names its place, as a line that a shell takes", () => {
  const bucket = { kind: "bucket", name: "s3://b/team a" } as const;
  assertEquals(
    commandLine(bucket, "promote 2 --learner park"),
    `${invocation()} promote 2 --learner park --store 's3://b/team a'`,
  );
  const gateway = { kind: "gateway", name: "http://127.0.0.1:8080" } as const;
  assertStringIncludes(commandLine(gateway, "retry 2 --learner park"), " --url http://127.0.0.1:8080");
  // Only with the store itself.
  const evaluation = commandLine(gateway, "evaluate --learner park");
  assertEquals(evaluation, `${invocation()} evaluate --learner park --store STORE`);
  assertEquals([quoted("a/b.c"), quoted("it's"), quoted("")], ["a/b.c", `'it'\\''s'`, "''"]);
});

Deno.test("names of files count from where deno task was called, and advice can be pasted there", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const run = async (cwd: string, ...args: string[]) => {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--config", CONFIG, CLI, ...args],
      // As deno task --config does it: the command runs in the repository, and INIT_CWD says where it was called.
      ...{ cwd, env: { ...process.env, INIT_CWD: folder, npm_command: "" } },
    });
    const { stdout, stderr } = await command.output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  };
  try {
    const made = await run(ROOT, "learner", "create", "a", "--preset", "smoke", "--store", "here");
    assertStringIncludes(made, "a is made");
    assertEquals((await Deno.stat(`${folder}/here/learners/a`)).isDirectory, true);
    await Deno.mkdir(`${folder}/other/store`, { recursive: true });
    const none = await run(ROOT, "status", "--store", "other/store");
    const line = `deno task --config ${CONFIG} cugro run FILES --learner NAME --store other/store makes one`;
    assertStringIncludes(none, line);
    // Called by itself from another folder, only that one counts.
    assertStringIncludes(await run(`${folder}/other`, "status", "--store", "store"), "No learner in store");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
