import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { withLearningGateway } from "../../../tests/fakes/learning_gateway.ts";
import { runCommandLine } from "../cugro.ts";

/** Runs a command line; what it printed, and its exit code. */
async function cugro(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { log, error } = console;
  const out: string[] = [], err: string[] = [];
  console.log = (...parts) => void out.push(parts.join(" "));
  console.error = (...parts) => void err.push(parts.join(" "));
  Deno.exitCode = 0;
  try {
    return { code: await runCommandLine(args), out: out.join("\n"), err: err.join("\n") };
  } finally {
    console.log = log;
    console.error = error;
    Deno.exitCode = 0;
  }
}

Deno.test("the command line learns, looks and acts through a gateway as on a folder", () =>
  withLearningGateway(async ({ url, tokens }) => {
    const folder = await Deno.makeTempDir();
    try {
      const files = ["one", "two"].map((name) => `${folder}/${name}.hdf5`);
      for (const file of files) await Deno.writeTextFile(file, file);
      const at = ["--url", url, "--token", tokens.admin];
      const run = (...more: string[]) => cugro("run", ...files, "--learner", "a", ...at, ...more);
      const first = await run("--preset", "smoke", "--set", "gate=observe", "--json");
      assertEquals([first.code, first.err.includes("one.hdf5: handed to a")], [0, true], first.err);
      const result = JSON.parse(first.out);
      assertEquals([result.head, result.versions, result.preset], [2, [1, 2], "smoke"]);
      assert(
        result.problems.every(({ code }: { code: string }) =>
          ["version.observed", "performance.low"].includes(code)
        ),
        first.out,
      );
      assertEquals(result.resultsMatrix[1].length, 2);
      const again = await run("--json");
      assertStringIncludes(again.err, "two.hdf5: a has it already");
      assertEquals(JSON.parse(again.out).resultsMatrix, result.resultsMatrix);
      const otherwise = await run("--seed", "5");
      assertEquals(otherwise.code, 1);
      assertStringIncludes(otherwise.err, "seed: 0 now, 5 asked for");

      const ask = async (...args: string[]) => (await cugro(...args, ...at)).out;
      assertStringIncludes(await ask("status", "--learner", "a"), "serving version 2");
      assertStringIncludes(await ask("status"), "average performance");
      assertMatch(await ask("versions", "--learner", "a"), /published( although … \(observe\))?, serving/);
      assertEquals(await ask("rollback", "1", "--learner", "a"), "withdrawn: 2; version 1 serves");
      assertEquals(
        await ask("retry", "2", "--learner", "a", "--set", "stateSteps=51"),
        "task 2: new attempt",
      );
      assertEquals((await cugro("run", "--learner", "a", ...at)).code, 0);
      assertEquals(JSON.parse(await ask("status", "--learner", "a", "--json")).head, 3);
      assertEquals(await ask("learner", "create", "b", "--preset", "smoke"), "b is made");
      assertEquals(await ask("learner", "list"), "a\nb");
      assertMatch(
        await ask("learner", "delete", "b", "--yes"),
        new RegExp(
          `^b is deleted. Until .*Z, it comes back with: .*cugro learner restore b --url ${url}; its name`,
        ),
      );
      assertEquals(await ask("learner", "list"), "a");
      assertEquals(await ask("learner", "restore", "b"), "b is restored");
      assertEquals(await ask("learner", "list"), "a\nb");
      assertStringIncludes((await cugro("learner", "restore", "b", ...at)).err, "is not deleted");
      assertStringIncludes((await cugro("learner", "restore", "ghost", ...at)).err, 'no learner "ghost"');
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }));

Deno.test("a command line that cannot reach or use a gateway says why", () =>
  withLearningGateway(async ({ url, tokens }) => {
    const refused = async (...args: string[]) => {
      const { code, err } = await cugro("versions", "--learner", "a", ...args);
      assertEquals(code, 1);
      return err;
    };
    assertStringIncludes(await refused("--url", "localhost:1", "--token", "x"), "--url must be");
    assertStringIncludes(await refused("--url", url), "CUGRO_TOKEN");
    assertStringIncludes(await refused("--url", url, "--token", "x"), "needs a known token");
    assertStringIncludes(await refused("--url", url, "--token", tokens.admin), 'no learner "a"');
    const gone = await cugro("add", "/nowhere.hdf5", "--learner", "a", "--url", url, "--token", tokens.admin);
    assert(gone.code === 1 && gone.err.includes("/nowhere.hdf5"), gone.err);
  }));

Deno.test("cugro token makes tokens, lists them without their secrets, and takes them back", async () => {
  const folder = await Deno.makeTempDir();
  const file = ["--file", `${folder}/tokens.json`];
  try {
    const made = await cugro(
      "token",
      "create",
      "--name",
      "ci",
      "--scopes",
      "read,submit",
      "--learners",
      "a-*",
      ...file,
    );
    assert(made.code === 0 && /^cugro_[A-Za-z0-9_-]{43}$/.test(made.out), made.err);
    const twice = await cugro("token", "create", "--name", "ci", "--scopes", "read", ...file);
    assertStringIncludes(twice.err, 'a token named "ci" already');
    assertStringIncludes(
      (await cugro("token", "create", "--name", "x", "--scopes", "root", ...file)).err,
      "scopes",
    );
    const [entry] = JSON.parse((await cugro("token", "list", "--json", ...file)).out);
    assertEquals([entry.name, entry.scopes, entry.learners, entry.sha256], [
      "ci",
      ["read", "submit"],
      ["a-*"],
      undefined,
    ]);
    assertEquals((await cugro("token", "remove", "ci", ...file)).code, 0);
    assertEquals(JSON.parse((await cugro("token", "list", "--json", ...file)).out), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
