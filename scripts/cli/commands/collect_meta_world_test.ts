import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { META_WORLD_STREAMS } from "@cugro/environments/metaworld";
import process from "node:process";
import { runCommandLine } from "../cugro.ts";
import { describeMetaWorld, parseMetaWorldTasks } from "./collect_meta_world.ts";
import { UsageError } from "./output.ts";

Deno.test("parseMetaWorldTasks() takes streams and names, and says which name is none", () => {
  assertEquals(parseMetaWorldTasks(undefined), META_WORLD_STREAMS.cl5);
  assertEquals(parseMetaWorldTasks("cw10").length, 10);
  assertEquals(parseMetaWorldTasks("push, window-close-v3"), ["push", "window-close"]);
  for (
    const [list, said] of [
      ["push,windw-close", "current value is windw-close; did you mean window-close?"],
      ["", "current value is empty"],
      ["cw10,push", "current value is cw10"],
      ["toString", "current value is toString"],
    ]
  ) assertThrows(() => parseMetaWorldTasks(list), UsageError, said);
  assertStringIncludes(describeMetaWorld(), "cw10: hammer, push-wall");
});

Deno.test("cugro collect keeps tasks and goals apart, and says how Meta-World's Python is made before anything else", async () => {
  const said = async (args: string[]) => {
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
      await said(["metaworld", "--goals", "1,2"]),
      "--goals is for the other families: metaworld has tasks",
    );
    assertStringIncludes(await said(["cheetah-vel", "--tasks", "push"]), "--tasks is for metaworld");
    assertStringIncludes(
      await said(["metaworld", "--out", "/nowhere/data"]),
      "Meta-World needs a Python of its own, which one line makes: " +
        "python3 -m venv /nowhere/cache/metaworld && ",
    );
  } finally {
    for (const name of Object.keys(nowhere)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
});
