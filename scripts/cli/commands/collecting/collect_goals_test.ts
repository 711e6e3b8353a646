import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { familyInfo, listFamilies } from "@cugro/environments";
import { runCommandLine } from "../../cugro.ts";
import { describeFamilies, noteUnusual, parseGoals } from "./collect_goals.ts";
import { UsageError } from "../print_output.ts";

const info = (family: string) => familyInfo(family)!;

/** Output on stderr and stdout while `body` runs. */
async function printed(body: () => unknown): Promise<string> {
  const lines: string[] = [];
  const { error, log } = console;
  console.error = console.log = (text: unknown) => void lines.push(String(text));
  try {
    await body();
    return lines.join("\n");
  } finally {
    Object.assign(console, { error, log });
  }
}

Deno.test("describeFamilies() lists every family with the meaning and the range of its goals, and examples", () => {
  const text = describeFamilies("  others");
  for (const { family, goalMeaning } of listFamilies()) {
    assertStringIncludes(text, `  ${family}: `);
    assertStringIncludes(text, goalMeaning);
  }
  assertStringIncludes(text, "the five: 1 2 3 4 5");
  assertStringIncludes(text, "cugro collect walker-params --goals 1,2,3");
});

Deno.test("parseGoals() reads goals of one number and of two, one flag each or all in one", () => {
  const parse = (family: string, single: string[], list?: string) => parseGoals(single, list, info(family));
  assertEquals(parse("hopper-vel", [], "1.4, 0.6,1.8"), [[1.4], [0.6], [1.8]]);
  assertEquals(parse("hopper-vel", ["1.4", "0.6"]), [[1.4], [0.6]]);
  assertEquals(parse("swimmer-dir", [], "1,0;-1,0"), [[1, 0], [-1, 0]]);
  assertEquals(parse("swimmer-dir", ["0.36,0.93"]), [[0.36, 0.93]]);
  assertEquals(parse("walker-params", [], "3"), [[3]]);
  assertEquals(parse("walker-params", []), info("walker-params").goals);
});

Deno.test("parseGoals() names the flag, the family, the goal and what it could be", () => {
  const fault = (family: string, single: string[], list: string | undefined, ...parts: string[]) => {
    const { message } = assertThrows(() => parseGoals(single, list, info(family)), UsageError) as Error;
    for (const part of parts) assertStringIncludes(message, part);
  };
  fault("walker-params", [], "1,2,6", "--goals: a goal of walker-params", "1 to 5", "current value is 6");
  fault("walker-params", ["0.5"], undefined, "--goal: a goal", "1 to 5", "current value is 0.5");
  fault("hopper-vel", [], "1.4,,2", "1 finite number", "e.g. 0.4", "current value is empty");
  fault("hopper-vel", ["fast"], undefined, "current value is fast");
  fault("swimmer-dir", [], "1,0,0,1", "2 finite number", "semicolons separate goals", "1,0,0,1");
  fault("hopper-vel", ["1"], "1,2", "leave --goal out");
});

Deno.test("noteUnusual() tells goals that the shipped policy was not trained for, and no others", async () => {
  const note = (family: string, goals: number[][]) => printed(() => noteUnusual(goals, info(family)));
  assertEquals(await note("hopper-vel", [[0.4], [2]]), "");
  assertStringIncludes(await note("hopper-vel", [[1], [3], [0.1]]), "not trained for hopper-vel 3 and 0.1");
  assertEquals(await note("swimmer-dir", [[0.36, 0.933], [-1, 0]]), "");
  assertStringIncludes(await note("swimmer-dir", [[2, 2]]), "swimmer-dir 2,2");
});

Deno.test("cugro collect says of a family without a policy, and of a mistyped one, what to do", async () => {
  const text = await printed(() => runCommandLine(["collect", "ant-dir"]));
  assertStringIncludes(
    text,
    "No trained policy is included for ant-dir; give one for ant with --policy FILE",
  );
  assertStringIncludes(text, "cheetah-vel, swimmer-dir, hopper-vel, walker-params");
  assertStringIncludes(
    await printed(() => runCommandLine(["collect", "walker-parms"])),
    "did you mean walker-params?",
  );
});
