import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { relabel, retry, rollback } from "@cugro/learners";
import { withLiveGateway } from "../../../services/gateway/testing/listening_gateway.ts";
import { addFile, drive, learnerWith, pretend } from "../../../tests/fakes/world.ts";
import { runCommandLine } from "../cugro.ts";

async function printed(...args: readonly string[]): Promise<{ code: number; text: string }> {
  const { log, error } = console;
  const lines: string[] = [];
  console.log = console.error = (...parts) => void lines.push(parts.join(" "));
  try {
    return { code: await runCommandLine(args), text: lines.join("\n") };
  } finally {
    Object.assign(console, { log, error });
  }
}

Deno.test("cugro relabel does the same on a store and behind a gateway, and its advice can be pasted", () =>
  withLiveGateway({}, async ({ url, folder, store, tokens }) => {
    for (const name of ["a", "b"]) await learnerWith(store, ["one", "two"], {}, name);
    for (const name of ["a", "b"]) await drive(store, pretend(), { name });
    const places = [["a", "--store", folder], ["b", "--url", url]] as const;
    for (const [name, ...place] of places) {
      const at = ["--learner", name, ...place, ...place[0] === "--url" ? ["--token", tokens.admin] : []];
      const where = place.join(" ");
      const relabel = (...args: string[]) => printed("relabel", "1", ...args, ...at);
      assertMatch(
        (await relabel("--set", "gaol=2")).text,
        /^cugro: "gaol" is no label; did you mean goal\?$/,
      );
      assertMatch((await relabel("--set", "goal")).text, /--set must be/);
      assertMatch((await relabel()).text, /Say what to correct, e.g. goal=2/);
      const reward = await relabel("--set", "reward=1");
      assertStringIncludes(
        reward.text,
        `cugro rollback 0 --learner ${name} ${where} (which withdraws task 2 as well`,
      );
      const dry = await relabel("--set", "goal=2", "--dry-run");
      assertStringIncludes(dry.text, "Task 1: goal 1 -> 2. Its episodes are run again in versions 1, 2");
      assertMatch(dry.text, /\n {2}open: version 2, job [0-9a-f]{64}\nNothing was written\.$/);
      const { code, text } = await relabel("--set", "goal=2", "--reason", "a slip", "--json");
      const { label, again } = JSON.parse(text);
      assertEquals([code, label, again.length], [0, 1, 2]);
      assertMatch((await relabel("--set", "goal=2")).text, /labelled so already: nothing to do/);
      assertStringIncludes((await printed("status", ...at)).text, "still to be run again in versions 1, 2");
    }
    const plan = await printed("plan", "--learner", "a", "--store", folder);
    assertMatch(
      plan.text,
      /After a label: run task 1 again in the version that learnt task 2 \(job [0-9a-f]{12}\)/,
    );
    const back = await printed("rollback", "0", "--learner", "a", "--store", folder);
    assertEquals(back, { code: 0, text: "withdrawn: 1, 2; no version serves" });
    const twice = await printed("rollback", "0", "--learner", "a", "--store", folder);
    assertEquals(twice.text, "nothing to withdraw: no version serves");
    // The withdrawn task's file once more: there, and yet not learnt by itself.
    const file = `${folder}/one.hdf5`;
    await Deno.writeTextFile(file, "one");
    const { text } = await printed("add", file, "--learner", "a", "--store", folder);
    assertStringIncludes(text, `${file}: a has it already`);
    assertMatch(text, /is task 1's, which was withdrawn; learnt again: .*cugro retry 1 --learner a --store /);
  }));

Deno.test("values of a version stand in the order of the tasks, in whatever order they were learnt", () =>
  withLiveGateway({}, async ({ folder, store }) => {
    const valued = pretend({ simulator: (task) => ({ valueEstimate: task }) });
    await learnerWith(store, ["one"]);
    await drive(store, valued);
    await rollback({ store, name: "a", version: 0 });
    await addFile(store, "two");
    await drive(store, valued);
    await retry({ store, name: "a", task: 1 });
    await drive(store, valued);
    for (const task of [1, 2]) await relabel({ store, name: "a", task, set: { family: "none" }, by: "me" });
    const { text } = await printed("versions", "--learner", "a", "--store", folder);
    assertMatch(text, /^ +3 +1 +published, serving .* 1: \S+, 2: \S+/m);
  }));
