import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { installLine, META_WORLD } from "@cugro/environments/gymnasium";
import { META_WORLD_STREAMS, META_WORLD_TASKS } from "@cugro/environments/metaworld";
import process from "node:process";
import { runCommandLine } from "../../cugro.ts";
import { describeMetaWorld, metaWorldRun, parseMetaWorldTasks } from "./collect_meta_world_command.ts";
import { UsageError } from "../print_output.ts";

Deno.test("parseMetaWorldTasks() takes streams and names, and reports unknown ones", () => {
  assertEquals(parseMetaWorldTasks(undefined), META_WORLD_STREAMS.cl5);
  assertEquals(parseMetaWorldTasks("cw10").length, 10);
  assertEquals(parseMetaWorldTasks("push, window-close-v3"), ["push", "window-close"]);
  for (
    const [list, message] of [
      ["push,windw-close", "current value is windw-close (did you mean window-close?)"],
      [
        "puhs,foo,push,sweeep",
        "unknown: puhs (did you mean push?), foo, sweeep (did you mean sweep?); all names:",
      ],
      ["", "current value is empty"],
      ["cw10,push", "current value is cw10"],
      ["toString", "current value is toString"],
    ]
  ) assertThrows(() => parseMetaWorldTasks(list), UsageError, message);
  assertStringIncludes(describeMetaWorld(), "cw10: hammer, push-wall");
});

Deno.test("cugro collect keeps tasks and goals apart, and says first how to make Meta-World's Python", async () => {
  const refusalOf = async (args: string[]) => {
    const lines: string[] = [];
    const { error } = console;
    console.error = (text: unknown) => void lines.push(String(text));
    try {
      assertEquals(await runCommandLine(["collect", ...args]), 1);
      return lines.join("\n");
    } finally {
      console.error = error;
    }
  };
  const before = { ...process.env };
  const nowhere = { CUGRO_PYTHON: "", CUGRO_CACHE: "/nowhere/cache" };
  try {
    Object.assign(process.env, nowhere);
    assertStringIncludes(
      await refusalOf(["metaworld", "--goals", "1,2"]),
      "--goals is for the other families: metaworld has tasks",
    );
    process.env.CUGRO_PYTHON = "/opt/my python";
    assertMatch(
      metaWorldRun(["mw/task1.hdf5"]),
      /^CUGRO_PYTHON='\/opt\/my python' CUGRO_GYMNASIUM_PACKAGES=gymnasium,metaworld .*cugro run mw\/task1.hdf5 --learner NAME$/,
    );
    process.env.CUGRO_PYTHON = "";
    assertStringIncludes(await refusalOf(["cheetah-vel", "--tasks", "push"]), "--tasks is for metaworld");
    assertStringIncludes(
      await refusalOf(["metaworld", "--out", "/nowhere/data"]),
      "Meta-World needs a Python of its own, which one line makes: " +
        installLine("/nowhere/cache/metaworld", META_WORLD.requirements) + "; cugro collect and",
    );
  } finally {
    for (const name of Object.keys(nowhere)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
});

/** What a command line prints, and how it ends. */
async function printed(args: string[]): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const { log } = console;
  const { write } = process.stdout;
  console.log = (text: unknown) => void lines.push(String(text));
  process.stdout.write = ((text: string) => lines.push(text) > 0) as typeof write;
  try {
    return { code: await runCommandLine(["collect", ...args]), text: lines.join("\n") };
  } finally {
    console.log = log;
    process.stdout.write = write;
  }
}

Deno.test("cugro collect metaworld has a help of its own, and names its tasks without any Python", async () => {
  for (const args of [["metaworld", "--help"], ["--help", "metaworld"], ["metaworld", "-h"]]) {
    const { code, text } = await printed(args);
    assertEquals(code, 0);
    for (const name of META_WORLD_TASKS) assertMatch(text, new RegExp(`\\s${name}\\s`));
    assertStringIncludes(text, "Usage: cugro collect metaworld ");
    assertEquals(/--goals|--policy|cheetah-vel/.test(text), false, text);
  }
  const robot = (await printed(["swimmer-dir", "--help"])).text;
  assertStringIncludes(robot, "cosine and sine of the wanted direction");
  assertEquals(/--tasks|metaworld|hopper-vel/.test(robot), false, robot);
  const all = (await printed(["--help"])).text;
  for (const part of ["--goals", "--tasks", "hopper-vel", "metaworld"]) assertStringIncludes(all, part);
  const { text } = await printed(["metaworld", "--list"]);
  assertEquals(text.split("\n").toSorted(), ["cl5", "cw10", ...META_WORLD_TASKS].toSorted());
  assertEquals(JSON.parse((await printed(["maze-dir", "--list", "--json"])).text).length, 5);
  assertStringIncludes((await printed(["--list"])).text, "walker-params\nant-dir");
});
