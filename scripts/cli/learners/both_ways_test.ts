import { sleep } from "@cugro/async";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { createLearner, deleteLearner, importLearner } from "@cugro/learners";
import { openFilesystemStore } from "@cugro/store";
import type { Problem } from "@cugro/protocol";
import { withLiveGateway } from "../../../services/gateway/testing/listening_gateway.ts";
import { runCommandLine } from "../cugro.ts";

const FIXTURE = fileURLToPath(new URL("../../../tests/fixtures/store_0.2/store", import.meta.url));
const OBSERVATIONS = JSON.stringify([[0, 0.1, 0, 0, 0.2, 0, 0, 0]]);

/** Commands that only read, and what they print for a person and for a program. */
const READING: readonly (readonly string[])[] = [
  ["status"],
  ["status", "--json"],
  ["status", "--learner", "fixture"],
  ["status", "--learner", "fixture", "--json"],
  ["status", "--learner", "fresh"],
  ["status", "--learner", "nobody"],
  ["problems"],
  ["problems", "--json"],
  ["problems", "--learner", "fixture"],
  ["versions", "--learner", "fixture"],
  ["versions", "--learner", "fixture", "--json"],
  ["versions", "--learner", "fresh"],
  ["results", "--learner", "fixture"],
  ["results", "--learner", "fixture", "--csv"],
  ["fidelity", "--learner", "fixture"],
  ["fidelity", "--learner", "fixture", "--json"],
  ["losses", "--learner", "fixture"],
  ["losses", "--learner", "fixture", "--csv"],
  ["losses", "--learner", "fixture", "--json"],
  ["learner", "list"],
  ["learner", "list", "--json"],
  ["act", "--learner", "fixture", "--task", "1", "--seed", "3", "--observations", OBSERVATIONS],
  ["act", "--learner", "fixture", "--task", "1", "--version", "1", "--observations", OBSERVATIONS],
  ["act", "--learner", "fixture", "--task", "9", "--observations", OBSERVATIONS],
];

interface Printed {
  code: number;
  out: string;
  err: string;
}

async function printed(...args: readonly string[]): Promise<Printed> {
  const { log, error } = console;
  const out: string[] = [], err: string[] = [];
  console.log = (...parts) => void out.push(parts.join(" "));
  console.error = (...parts) => void err.push(parts.join(" "));
  try {
    return { code: await runCommandLine(args), out: out.join("\n"), err: err.join("\n") };
  } finally {
    Object.assign(console, { log, error });
  }
}

/** What `all` says of everything that `part` says something of: a store tells more of jobs than a gateway's lists. */
function sameParts(part: unknown, all: unknown): unknown {
  if (part === null || all === null || typeof part !== "object" || typeof all !== "object") return all;
  if (Array.isArray(part)) {
    return Array.isArray(all) ? all.map((item, index) => sameParts(part[index], item)) : all;
  }
  const fields = all as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(part).map(([name, value]) => [name, sameParts(value, fields[name])]),
  );
}

// How the tests themselves were called (`npx -y deno task test`) is nothing that a gateway knows.
Deno.env.delete("npm_command");

Deno.test("a command prints the same of learners in a store and behind a gateway", () =>
  withLiveGateway({}, async ({ url, folder, store, tokens }) => {
    const fixture = await openFilesystemStore({ root: FIXTURE, lock: false });
    await importLearner({ store, name: "fixture", from: fixture });
    await createLearner({ store, name: "fresh", seed: 1, preset: "smoke" });
    await dropOddFiles(folder);
    const reports = ["local", "remote"].map((name) => `${folder}-${name}.html`);
    for (const command of READING) {
      const local = await printed(...command, "--store", folder);
      const remote = await printed(...command, "--url", url, "--token", tokens.admin);
      const about = command.join(" ");
      assertEquals(remote.code, local.code, `${about}: ${remote.err} / ${local.err}`);
      if (!command.includes("--json")) {
        assertEquals(
          [remote.out, remote.err],
          // Commands that are advised say where: that is what differs.
          [
            local.out.replaceAll(`--store ${folder}`, `--url ${url}`),
            local.err.replace("in this store", "here"),
          ],
          about,
        );
        continue;
      }
      const [behindGateway, all] = [JSON.parse(remote.out), JSON.parse(local.out)];
      assertEquals(behindGateway, sameParts(behindGateway, all), about);
    }
    const report = (out: string, ...at: string[]) =>
      printed("report", "--learner", "fixture", "--out", out, ...at);
    await report(reports[0]!, "--store", folder);
    await report(reports[1]!, "--url", url, "--token", tokens.admin);
    const [local, remote] = await Promise.all(reports.map((path) => Deno.readTextFile(path)));
    assertStringIncludes(
      local!,
      `<code>deno task cugro rollback 1 --learner fixture --store ${folder}</code>`,
    );
    assertEquals(remote, local!.replaceAll(`--store ${folder}`, `--url ${url}`));
    const link = await printed(
      ...["report", "--learner", "fixture", "--link", "--url", url, "--token", tokens.reader],
    );
    assertMatch(link.err, /^opens this report only, until 20\S+Z, for anyone who has it$/);
    assertEquals(await (await fetch(link.out.trim())).text(), remote, "without a token");
    const ofStore = await printed("report", "--learner", "fixture", "--link", "--store", folder);
    assertEquals(ofStore.code, 1);
    assertStringIncludes(ofStore.err, "--link needs a gateway");
    const both = await printed("report", "--learner", "fixture", "--link", "--out", "x", "--store", folder);
    assertStringIncludes(both.err, "leave out --out, or --link");
  }));

Deno.test("a version that serves in spite of reasons says so, in lines that fit a terminal, beside the steps it took", async () => {
  const ask = async (command: string) =>
    (await printed(command, "--learner", "fixture", "--store", FIXTURE)).out;
  const reason = "the replay of task 1 was 7.4 times as far from its data as real data is";
  const versions = await ask("versions");
  assertStringIncludes(versions, "published although … (observe), serving");
  assertStringIncludes(
    versions,
    `\nversion 2 was published although (observe; gate: enforce would have parked it):\n  - ${reason}`,
  );
  assertStringIncludes(versions, "n = 2", "old bounds from too few episodes are not shown, their number is");
  const table = versions.split("\n").filter((line) => !line.startsWith("  - "));
  assert(Math.max(...table.map(({ length }) => length)) <= 80, versions);
  const status = await ask("status");
  assertStringIncludes(
    status,
    `! Version 2 (task 2) serves and was published although ${reason}`,
  );
  assertStringIncludes(status, "task  behavior.train  critic.train  states.train");
  assertStringIncludes(status, "   2              60            60            60");
});
/** What nobody takes: two names that cannot be keys, and a file for a learner that is not there. */
async function dropOddFiles(folder: string): Promise<void> {
  for (const learner of ["fixture", "ghost"]) {
    await Deno.mkdir(`${folder}/incoming/${learner}`, { recursive: true });
  }
  for (
    const name of ["fixture/task1 copy (1).hdf5", "fixture/T\u00e2che\u001b[2J.hdf5", "ghost/task1.hdf5"]
  ) {
    await Deno.writeTextFile(`${folder}/incoming/${name}`, name);
  }
}

Deno.test("a problem that is acknowledged in one way is seen in neither, until it comes up again", () =>
  withLiveGateway({}, async ({ url, folder, store, tokens }) => {
    await createLearner({ store, name: "fixture", seed: 1, preset: "smoke" });
    await dropOddFiles(folder);
    const at = { local: ["--store", folder], remote: ["--url", url, "--token", tokens.admin] };
    const listed = async (where: keyof typeof at, ...more: string[]) =>
      JSON.parse((await printed("problems", "--json", ...more, ...at[where])).out) as Problem[];
    const before = await listed("local");
    assertEquals(before.map(({ code }) => code).sort(), ["file.learner", "file.name", "file.name"]);
    const shown = await printed("status", ...at.remote);
    assertStringIncludes(
      shown.out,
      '! fixture: The file "incoming/fixture/task1 copy (1).hdf5" cannot be taken',
    );
    assertStringIncludes(shown.out, "T\u00e2che\\u{1b}[2J.hdf5", "what a terminal would obey is spelled out");

    assertStringIncludes(shown.out, `cugro learner create ghost --url ${url}, or remove the file.`);

    const [first, second, third] = before.map(({ id }) => id) as [string, string, string];
    const ways = [[first, "local"], [second, "remote"]] as const;
    for (const [id, where] of ways) {
      const { code, out } = await printed("problems", "acknowledge", id, "--reason", "known", ...at[where]);
      assertEquals([code, out.startsWith("acknowledged: ")], [0, true], out);
    }
    for (const where of ["local", "remote"] as const) {
      assertEquals((await listed(where)).map(({ id }) => id), [third], where);
      const all = await listed(where, "--all");
      assertEquals(all.map(({ acknowledged }) => acknowledged?.reason), ["known", "known", undefined], where);
      const none = await printed("problems", "--learner", "fixtur", ...at[where]);
      assertMatch(none.err, /There is no learner "fixtur".* did you mean fixture\?/, where);
      const wrong = await printed("problems", "acknowledge", "0".repeat(24), ...at[where]);
      assertEquals([wrong.code, wrong.err.includes("There is no problem")], [1, true], wrong.err);
    }
    // Other content under the same name has come later: somebody must look again.
    const key = before.find(({ id }) => id === first)!.subject.key!;
    await Deno.utime(`${folder}/${key}`, new Date(), new Date(Date.now() + 5_000));
    assertEquals((await listed("remote")).map(({ id }) => id).sort(), [first, third].sort());
  }));

Deno.test("cugro run --url that follows a learner ends with a sentence when the learner is deleted", () =>
  withLiveGateway({}, async ({ url, folder, store, tokens }) => {
    const file = `${folder}-one.hdf5`;
    await Deno.writeTextFile(file, "one");
    const at = ["--url", url, "--token", tokens.admin];
    // No coordinator is there: it would be followed without end.
    const run = printed("run", file, "--learner", "team-x", "--preset", "smoke", ...at);
    for (const end = performance.now() + 20_000; performance.now() < end; await sleep(20)) {
      if ((await store.list("incoming/team-x/")).length > 0) break;
    }
    await deleteLearner({ store, name: "team-x" });
    const { code, err } = await run;
    assertEquals(code, 1);
    assertStringIncludes(
      err,
      'The learner "team-x" was deleted meanwhile, and its work is stopped. Back again: ',
    );
    assertStringIncludes(err, `restore team-x --url ${url}`);
  }));

Deno.test("what works on a store alone says what to do instead with --url", async () => {
  const commands = [
    ["plan"],
    ["gc"],
    ["evaluate", "--learner", "a"],
    ["serve", "--learner", "a"],
    ["learner", "export", "a", "folder"],
    ["learner", "import", "a", "folder"],
  ];
  for (const command of commands) {
    const { code, err } = await printed(...command, "--url", "http://localhost:1");
    const name = command[0] === "learner" ? command[1] : command[0];
    assertEquals([code, err.split(": ").slice(0, 2)], [1, ["cugro", `cugro ${name} has no --url`]], err);
  }
});
