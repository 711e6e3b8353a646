/** Environments in Python, as they are and as they should not be; each test with a real process. */
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { gymnasiumPython, PACKAGES, withPython } from "../../../tests/fakes/gymnasium_python.ts";
import { GymnasiumFault, GymnasiumLost, GymnasiumUnavailable } from "./gymnasium_faults.ts";
import { checkPackages, type GymnasiumOptions, openGymnasium } from "./gymnasium_environment.ts";
import { runEpisodes } from "./gymnasium_episodes.ts";
import { type PythonProcess, startPython } from "./python_process.ts";

const withoutPython = { ignore: gymnasiumPython === undefined };

const optionsOf = (id: string, kwargs?: GymnasiumOptions["spec"]["kwargs"]) => ({
  packages: PACKAGES,
  spec: { gymnasium: id, ...kwargs ? { kwargs } : {} },
  horizon: 6,
});

function runWalks(python: PythonProcess, id: string, seeds: number[], kwargs = {}, stepMs = 30_000) {
  const lost: string[] = [];
  const episodes = runEpisodes(python, {
    ...optionsOf(id, kwargs),
    seeds,
    limits: { stepMs },
    expected: { stateDim: 2, actionDim: 1 },
    // The first of them acts with 0.1, the second with 0.2 ...; the bound is 0.5.
    startActing: () => (_, __, active) => Float32Array.from(active, (___, i) => 0.1 * (i + 1)),
    onLost: ({ message }) => lost.push(message),
  });
  return { episodes, lost };
}

const rounded = (values: readonly number[]) => values.map((value) => Number(value.toFixed(4)));

Deno.test({
  name:
    "openGymnasium() steps copies from their seeds, tells terminals from time limits, clips actions, and begins nothing again",
  ...withoutPython,
  fn: () =>
    withPython(async (python) => {
      const environment = await openGymnasium(python, { ...optionsOf("misbehaving/Walk-v0"), size: 3 });
      const { stateDim, actionDim, horizon, low, high } = environment;
      assertEquals([stateDim, actionDim, horizon, low, high], [2, 1, 6, [-0.5], [0.5]]);
      const start = await environment.reset([11, 22]);
      assertEquals([...start.states], [0, 11, 0, 22, 0, 0]);
      assertEquals([...start.active], [1, 1, 0]);
      const seen = [];
      for (let step = 0; step < 7; step++) seen.push(await environment.step(Float32Array.of(0.25, 2, NaN)));
      assertEquals(seen.map(({ rewards }) => [...rewards]), [
        ...Array.from({ length: 4 }, () => [0.25, 0.5, 0]),
        ...Array.from({ length: 2 }, () => [0, 0.5, 0]),
        [0, 0, 0],
      ]);
      assertEquals(seen.map(({ terminals }) => terminals.join("")), [
        "000",
        "000",
        "000",
        "100",
        "000",
        "000",
        "000",
      ]);
      assertEquals(seen.map(({ timeouts }) => timeouts.join("")), [
        "000",
        "000",
        "000",
        "000",
        "000",
        "010",
        "000",
      ]);
      assertEquals(seen.map(({ active }) => active.join("")), [
        "110",
        "110",
        "110",
        "010",
        "010",
        "000",
        "000",
      ]);
      assertEquals([...seen.at(-1)!.states], [4, 11, 6, 22, 0, 0]);
      await environment.close();
    }),
});

Deno.test({
  name:
    "dicts and tuples become columns in the order in which files are imported, and what is printed disturbs nothing",
  ...withoutPython,
  fn: () =>
    withPython(async (python) => {
      const nested = await openGymnasium(python, { ...optionsOf("misbehaving/Nested-v0"), size: 1 });
      assertEquals([nested.stateDim, nested.actionDim], [8, 2]);
      const { states } = await nested.reset([1]);
      // Zone, achieved, goal: letter by letter; the tuple by number; a discrete value is itself.
      assertEquals([...states], [0, 1, 0.5, 7, 1, 2, 3, 4]);
      assertEquals([...(await nested.step(Float32Array.of(0, 0.75))).rewards], [0.75]);
      const { episodes } = runWalks(python, "misbehaving/Prints-v0", [2]);
      assertEquals((await episodes).lengths, [6]);
      // Discrete actions: the largest number's place; the pole falls to the side that is pushed away from.
      const pole = await openGymnasium(python, { ...optionsOf("CartPole-v1"), size: 2 });
      assertEquals([pole.isDiscrete, pole.actionDim], [true, 2]);
      await pole.reset([3, 3]);
      const { states: after } = await pole.step(Float32Array.of(1, 0, 0, 1));
      assert(after[1]! < 0 && after[5]! > 0, `speeds of the cart: ${after[1]}, ${after[5]}`);
    }),
});

Deno.test({
  name: "success counts if any step reports it, and is absent where the environment does not tell",
  ...withoutPython,
  fn: () =>
    withPython(async (python) => {
      for (const name of ["success", "is_success"]) {
        const { successes } = await runWalks(python, "misbehaving/Succeeds-v0", [2, 1, 4], { name })
          .episodes;
        assertEquals(successes, [true, false, true]);
      }
      assertEquals("successes" in await runWalks(python, "misbehaving/Walk-v0", [1]).episodes, false);
    }),
});

Deno.test({
  name: "what the user reads: an exception, a wrong size, a package, an id, arguments that fit nothing",
  ...withoutPython,
  fn: () =>
    withPython(async (python) => {
      const failing = runWalks(python, "misbehaving/Raises-v0", [5, 6]).episodes;
      const raised = await assertRejects(() => failing, GymnasiumFault);
      assertStringIncludes(
        raised.message,
        "misbehaving/Raises-v0 raised ValueError in step of its copy 0: the gripper",
      );
      assertStringIncludes(raised.message, 'raise ValueError("the gripper is stuck")');
      assertEquals(raised.message.includes("^^^"), false);
      const raves = runWalks(python, "misbehaving/Raves-v0", [5]).episodes;
      const raved = await assertRejects(() => raves, GymnasiumFault);
      assertMatch(raved.message, /raised ValueError in step of its copy 0: … w+/);
      assert(raved.message.isWellFormed() && !raved.message.includes("\x1b") && raved.message.length < 4_000);
      const other = runWalks(python, "CartPole-v1", [5]).episodes;
      const { message } = await assertRejects(() => other, GymnasiumFault);
      assertStringIncludes(
        message,
        "CartPole-v1 has states and actions of [4, 2] numbers, and the data of [2, 1]",
      );
      const nan = runWalks(python, "misbehaving/Overflows-v0", [5]).episodes;
      await assertRejects(() => nan, GymnasiumFault, "gave rewards that are no finite numbers");
      const tries: [string, object, Partial<GymnasiumOptions>, RegExp][] = [
        [
          "Walk-v0",
          {},
          {},
          /gymnasium, misbehaving register no such environment: name .* CUGRO_GYMNASIUM_PACKAGES/,
        ],
        [
          "CartPole-v1",
          {},
          { packages: ["sapien_worlds"] },
          /sapien_worlds cannot be imported .*: install it with .*pip install 'gym/,
        ],
        [
          "os:CartPole-v1",
          {},
          {},
          /is not run as it names a module to import: an operator .* --trust-environments/,
        ],
        ["CartPole-v9", {}, {}, /register no such environment; there is also CartPole-v1, CartPole-v0: name/],
        [
          "Hopper-v2",
          {},
          {},
          /lacks a package .*; there is also Hopper-v5, Hopper-v4.*: install .*--gymnasium/,
        ],
        ["../CartPole-v1", {}, {}, /its id may have letters/],
        [
          "CartPole-v1",
          { sutton_barto_reward: "a/b" },
          {},
          /its argument sutton_barto_reward is no number, no truth/,
        ],
        ["CartPole-v1", { x: ["a"] }, {}, /its argument x is no number/],
        ["CartPole-v1", { "entry point": 1 }, {}, /its argument "entry point" may not be given/],
      ];
      for (const [id, kwargs, further, expected] of tries) {
        const opening = () =>
          openGymnasium(python, { ...optionsOf(id, kwargs as never), size: 1, ...further });
        assertMatch((await assertRejects(opening, GymnasiumUnavailable)).message, expected);
      }
      const opening = () => openGymnasium(python, { ...optionsOf("CartPole-v1", { wheels: 4 }), size: 1 });
      assertStringIncludes(
        (await assertRejects(opening, GymnasiumFault)).message,
        "unexpected keyword argument 'wheels'",
      );
      // The operator may trust: a module is imported then.
      const trusted = await openGymnasium(python, {
        ...optionsOf("misbehaving:misbehaving/Walk-v0"),
        packages: ["gymnasium"],
        trust: "any",
        size: 1,
      });
      assertEquals(trusted.stateDim, 2);
    }),
});

Deno.test({
  name:
    "a process that dies once costs nothing, an episode in which it always dies is lost, and one that dies everywhere is an error",
  ...withoutPython,
  fn: () =>
    withPython(async (python) => {
      const seeds = [10, 11, 12, 13];
      const undisturbed = await runWalks(python, "misbehaving/Walk-v0", seeds).episodes;
      assertEquals(rounded(undisturbed.returns), [0.6, 0.8, 1.8, 1.6]);
      const once = runWalks(python, "misbehaving/Dies-v0", seeds, { once: 12 });
      assertEquals(await once.episodes, undisturbed);
      assertEquals(once.lost.length, 1);
      assertMatch(
        once.lost[0]!,
        /process of misbehaving\/Dies-v0 ended with status 7.*last words:\nthe simulator has lost/s,
      );
      const always = runWalks(python, "misbehaving/Dies-v0", seeds, { always: 12 });
      const { lost, lengths } = await always.episodes;
      assertEquals([lost, lengths], [1, [6, 4, 4]]);
      const everywhere = runWalks(python, "misbehaving/Hangs-v0", [2, 4], {}, 200);
      const hung = await assertRejects(() => everywhere.episodes, GymnasiumLost);
      assertStringIncludes(hung.message, "Hangs-v0 gave no answer in time and was ended, during step");
      // It goes on with the next one.
      assertEquals((await runWalks(python, "misbehaving/Walk-v0", seeds).episodes).lost, 0);
    }),
});

Deno.test({
  name: "an environment has no network, none of our variables, and ends with the process that asked for it",
  ...withoutPython,
  fn: async () => {
    Deno.env.set("SECRET_OF_TEST", "x");
    const looks = (network: "refuse" | "allow") =>
      withPython(async (python) => {
        const environment = await openGymnasium(python, { ...optionsOf("misbehaving/Looks-v0"), size: 1 });
        assertEquals([...(await environment.reset([1])).states], [network === "allow" ? 1 : 0, 0]);
      }, { network });
    try {
      await looks("refuse");
      await looks("allow");
    } finally {
      Deno.env.delete("SECRET_OF_TEST");
    }
    let pid = "";
    await withPython(async (python, folder) => {
      await openGymnasium(python, { ...optionsOf("misbehaving/Walk-v0"), size: 1 });
      const processes = execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" }).split("\n");
      pid = processes.find((line) => line.includes(folder) && line.includes("host.py"))!.trim().split(
        " ",
      )[0]!;
    });
    // The pipe has ended, and with it the launcher, which waited for its child.
    const left = execFileSync("ps", ["-eo", "pid"], { encoding: "utf8" }).split("\n").map((line) =>
      line.trim()
    );
    assertEquals(left.includes(pid), false);
  },
});

Deno.test({
  name: "an observation of another shape, or of numbers that are not finite, is a fault and no row",
  ...withoutPython,
  fn: () =>
    withPython(async (python) => {
      for (
        const [value, part] of [[1, "shape (1,), and the space (2,)"], [3, "shape (3,)"], [
          "nan",
          "[nan, nan] is not of finite",
        ]] as const
      ) {
        const { message } = await assertRejects(
          () => runWalks(python, "misbehaving/Reshapes-v0", [1, 2], { value }).episodes,
          GymnasiumFault,
        );
        assertStringIncludes(message, part);
        assertStringIncludes(message, "in step of its copy 0");
      }
    }),
});

Deno.test({
  name: "an environment that never ends is cut where a stranger's horizon would not",
  ...withoutPython,
  fn: () =>
    withPython(async (python) => {
      const open = async (trust: "registered" | "any") => {
        const endless = optionsOf("misbehaving/Endless-v0");
        const environment = await openGymnasium(python, { ...endless, horizon: 1e9, size: 1, trust });
        await environment.close();
        return environment.horizon;
      };
      assertEquals([await open("registered"), await open("any")], [100_000, 1e9]);
    }),
});

Deno.test({
  name: "an environment looks into no other process, ends none, and leaves none behind",
  ignore: gymnasiumPython === undefined || Deno.build.os !== "linux",
  fn: () =>
    withPython(async (python) => {
      const start = async (id: string) => {
        const environment = await openGymnasium(python, { ...optionsOf(id), size: 1 });
        return { environment, state: [...(await environment.reset([1])).states] };
      };
      const pries = await start("misbehaving/Pries-v0");
      assertEquals(pries.state, [0, 0]);
      await pries.environment.close();
      const leaves = await start("misbehaving/Leaves-v0");
      const pid = leaves.state[0]! * 1000 + leaves.state[1]!;
      assert(existsSync(`/proc/${pid}`));
      await leaves.environment.close();
      // The launcher answers the next one when it has ended all that the last one had started.
      await start("misbehaving/Walk-v0");
      assertEquals(existsSync(`/proc/${pid}`), false);
    }),
});

Deno.test("a missing interpreter, or one that is no Python, is reported with the line that makes one", async () => {
  for (const [path, part] of [["/nowhere/python", "could not be started"], ["/bin/false", "status 1"]]) {
    const python = startPython({ python: path! });
    const { message } = await assertRejects(
      () => checkPackages(python, { packages: ["gymnasium"] }),
      GymnasiumUnavailable,
    );
    assertStringIncludes(message, part!);
    assertStringIncludes(message, "python3 -m venv ~/.cache/cugro/gymnasium && ");
    await python.stop();
  }
});
