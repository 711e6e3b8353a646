/**
 * What `cugro watch` says while a learner learns, in a folder and behind a gateway, and how it ends.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { drive, learnerWith, pretend } from "../../../tests/fakes/world.ts";
import { typed } from "../../../tests/fakes/typed_command.ts";
import { withLiveGateway } from "../../../services/gateway/testing/listening_gateway.ts";
import { runCommandLine } from "../cugro.ts";
import { openForWriting } from "../learners/stores_of_flags.ts";
import { withFolder } from "../../../tests/fakes/test_folder.ts";

/** Version 2 has lost what version 1 could: it is parked. */
const forgetting = pretend({
  returns: (task, newTask) => task === 1 && newTask === 2 ? [9, 10, 11, 12, 13] : [90, 95, 100, 105, 110],
});

/** `cugro watch`, and what it says as it says it. */
function watch(...args: string[]) {
  const { error, log } = console;
  const printed: string[] = [];
  const waits: (() => void)[] = [];
  console.error = console.log = (text: unknown) => {
    printed.push(String(text));
    waits.forEach((look) => look());
  };
  return {
    ended: runCommandLine(["watch", ...args]).finally(() => {
      Object.assign(console, { error, log });
      Deno.exitCode = 0;
    }),
    printed,
    /** Until a line has this part. */
    until: (part: string) =>
      new Promise<void>((resolve) => {
        const look = () => printed.some((line) => line.includes(part)) && resolve();
        waits.push(look);
        look();
      }),
  };
}

Deno.test("cugro watch tells of arrivals, jobs, versions and drops, and ends with the version that was asked for", () =>
  withFolder(async (folder) => {
    const store = await openForWriting(folder);
    const name = await learnerWith(store, ["one", "two"], { maxForgetting: 1 });
    const at = ["--learner", name, "--store", folder];
    const { ended, printed, until } = watch(...at, "--until-version", "2", "--json");
    await until(`${name}: 0 tasks, no version serves`);
    await drive(store, forgetting, { name });
    assertEquals(await ended, 1, "it is parked");
    await store.close();
    const lines = printed.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    const parked = lines.find(({ type, data }) => type === "cugro.version.parked" && data.version === 2);
    assertEquals([parked.learner, parked.data.task, parked.data.scores[0].meanScore], [name, 2, 11]);
    assertMatch(
      parked.text,
      /^version 2 \(task 2\): parked, since .*; worst drop 89\.0 .*task 1 since version 1\)/,
    );
    const after = await typed("watch", ...at, "--until-version", "1");
    assertEquals(after.code, 0, "a version that is there already");
    assertStringIncludes(after.text, `${name}: 2 tasks, version 1 serves`);
    const late = await typed("watch", ...at, "--until-version", "3", "--timeout", "0.1");
    assertEquals(late.code, 1);
    assertStringIncludes(late.text, `Version 3 of "${name}" was not decided in 0.1 s`);
  }));

Deno.test("cugro watch without a learner tells of every learner, also of those made meanwhile, until Ctrl-C", () =>
  withFolder(async (folder) => {
    const store = await openForWriting(folder);
    await learnerWith(store, [], {}, "early");
    const { ended, until } = watch("--store", folder);
    await until("early: 0 tasks, no version serves, 0 jobs not done");
    await learnerWith(store, ["one"], {}, "late");
    await until("late: a file has arrived: ");
    Deno.kill(Deno.pid, "SIGTERM");
    assertEquals(await ended, 0);
    await store.close();
  }));

Deno.test("cugro watch behind a gateway ends with the version, too, and refuses what it cannot wait for", () =>
  withLiveGateway({}, async ({ url, store, tokens }) => {
    const name = await learnerWith(store, ["one"]);
    const at = ["--learner", name, "--url", url, "--token", tokens.admin];
    const { ended, printed, until } = watch(...at, "--until-version", "1");
    await until(`${name}: 0 tasks`);
    await drive(store, pretend(), { name });
    assertEquals(await ended, 0, printed.join("\n"));
    assertStringIncludes(printed.join("\n"), "version 1 (task 1): published; scores by task 100.0");
    assertStringIncludes((await typed("watch", "--until-version", "1")).text, "name it with --learner");
    assertStringIncludes((await typed("watch", "--learner", "b", ...at.slice(2))).text, 'no learner "b"');
  }));
