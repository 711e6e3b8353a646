/**
 * Meta-World in a Python of its own, which is made here where there is none: `deno task test:worlds`.
 */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { META_WORLD, openGymnasium, type PythonProcess, startPython } from "@cugro/environments/gymnasium";
import {
  collectMetaWorld,
  META_WORLD_HORIZON,
  META_WORLD_STREAMS,
  metaWorldId,
} from "@cugro/environments/metaworld";
import { join } from "node:path";
import { pythonWith } from "../../scripts/setup/python_venv.ts";
import { withFolder } from "../fakes/test_folder.ts";
import { runCommand, startCommand } from "../pipeline/embedded.ts";

const made = await pythonWith(META_WORLD.requirements, (line) => console.error(line));
if ("missing" in made) throw new Error(made.missing);
const { python: INTERPRETER } = made;
const PACKAGES = ["gymnasium", META_WORLD.module];
const GOAL = [36, 39] as const;

async function withMetaWorld(use: (python: PythonProcess) => Promise<void>): Promise<void> {
  const python = startPython({ python: INTERPRETER });
  try {
    await use(python);
  } finally {
    await python.stop();
  }
}

const open = (python: PythonProcess, task: string, kwargs: Record<string, boolean> = {}, size = 2) =>
  openGymnasium(python, {
    spec: { gymnasium: metaWorldId(task), ...Object.keys(kwargs).length > 0 ? { kwargs } : {} },
    ...{ size, horizon: META_WORLD_HORIZON, packages: PACKAGES },
  });

async function startOf(python: PythonProcess, name: string, kwargs = {}): Promise<Float32Array> {
  const spec = { gymnasium: `${META_WORLD.namespace}/${name}`, kwargs };
  const env = await openGymnasium(python, { spec, size: 1, horizon: 5, packages: PACKAGES });
  const { states } = await env.reset([9]);
  await env.close();
  return states;
}

/** Actions that move the arm and its gripper. */
const actionsOf = (step: number, size: number) =>
  Float32Array.from({ length: 4 * size }, (_, i) => Math.sin(step + 2 * (i % 4)));

Deno.test("every task of the streams starts where the seed says, whatever was run before, and goes on the same", () =>
  withMetaWorld(async (python) => {
    for (const task of new Set(Object.values(META_WORLD_STREAMS).flat())) {
      const env = await open(python, task);
      assertEquals([env.stateDim, env.actionDim, env.horizon], [39, 4, 200]);
      const rows = async (seeds: number[], steps: number) => {
        const seen = [(await env.reset(seeds)).states];
        for (let step = 0; step < steps; step++) seen.push((await env.step(actionsOf(step, 2))).states);
        return seen.map((states) => [states.slice(0, 39), states.slice(39)] as const);
      };
      const first = await rows([5, 2 ** 32 - 1], 25);
      await rows([7, 8], 40);
      const again = await rows([2 ** 32 - 1, 5], 25);
      for (const [step, [one, other]] of first.entries()) {
        assertEquals([...again[step]!], [other, one], `${task}, step ${step}`);
      }
      assertNotEquals(first[0]![0], first[0]![1], `${task}: two seeds start alike`);
      await env.close();
    }
  }));

Deno.test("the goal is seen in every state or in none, an episode ends after 200 steps, and the expert needs the goal", () =>
  withMetaWorld(async (python) => {
    for (const isHidden of [false, true]) {
      const env = await open(python, "drawer-close", { partially_observable: isHidden }, 1);
      const goals = [(await env.reset([3])).states.slice(...GOAL)];
      for (let step = 0; step < META_WORLD_HORIZON; step++) {
        const { states, active, timeouts, terminals, reportsSuccess } = await env.step(actionsOf(step, 1));
        goals.push(states.slice(...GOAL));
        const isLast = step === META_WORLD_HORIZON - 1;
        assertEquals([active[0], timeouts[0], terminals[0], reportsSuccess], [
          ...isLast ? [0, 1] : [1, 0],
          0,
          true,
        ]);
      }
      assertEquals(goals.every((goal) => goal.every((value) => value === 0)), isHidden);
      assertEquals(new Set(goals.map(String)).size, 1);
      await env.close();
    }
    // Under the name that Meta-World has for it.
    const [byName, own] = [
      await startOf(python, "MT1", { env_name: "push-v3" }),
      await startOf(python, "push-v3"),
    ];
    assertEquals(byName, own);
    // Longer than the 500 steps that Meta-World itself allows.
    const long = await openGymnasium(python, {
      spec: { gymnasium: metaWorldId("reach"), maxEpisodeSteps: 510 },
      ...{ size: 1, horizon: META_WORLD_HORIZON, packages: PACKAGES },
    });
    let { active } = await long.reset([1]);
    let steps = 0;
    for (; active[0] === 1; steps++) ({ active } = await long.step(new Float32Array(4)));
    assertEquals(steps, 510);
    await long.close();
    await assertRejects(
      () => open(python, "push", { partially_observable: true, expert_action: true }),
      Error,
      "the expert needs to see the goal",
    );
  }));

Deno.test("collectMetaWorld() makes the same of the same seed, whole episodes, in which the expert succeeds and chance does not", () =>
  withMetaWorld(async (python) => {
    const options = { task: "window-open", episodes: 10, seed: 4 };
    const data = await collectMetaWorld(python, options);
    assertEquals([data.size, data.stateDim, data.actionDim], [2000, 39, 4]);
    assertEquals(await collectMetaWorld(python, options), data);
    assertNotEquals((await collectMetaWorld(python, { ...options, seed: 5 })).states, data.states);
    const { random, weak } = data.figures;
    assertEquals([random?.episodes, random?.success, weak?.episodes, weak?.success], [2, 0, 5, 1]);
    assert(random!.return < weak!.return);
    assertEquals(data.versions.metaworld, "3.1.1");
    for (let row = 0; row < data.size; row++) {
      const ends = row % META_WORLD_HORIZON === META_WORLD_HORIZON - 1;
      assertEquals(data.timeouts[row], ends ? 1 : 0);
      if (ends) continue;
      const next = data.states.subarray(39 * (row + 1), 39 * (row + 2));
      assertEquals(data.nextStates.subarray(39 * row, 39 * (row + 1)), next);
    }
    assert(data.actions.every((value) => Math.abs(value) <= 1));
  }));

Deno.test("cugro collect metaworld, then cugro run: scores are of success; without its package the error says what to do", () =>
  withFolder(async (folder) => {
    const variables = { CUGRO_PYTHON: INTERPRETER };
    const collecting = startCommand(
      ["collect", "metaworld", "--tasks", "drawer-close", "--episodes", "10", "--out", folder, "--json"],
      variables,
    );
    assertEquals((await collecting.ended).code, 0, collecting.errors());
    const { files } = JSON.parse((await collecting.ended).output);
    assertEquals(files, [join(folder, "task1.hdf5")]);
    const knobs = ["stateSteps=20", "behaviorSteps=60", "criticSteps=20", "evaluationEpisodes=5"]
      .flatMap((knob) => ["--set", knob]);
    const learn = (learner: string, more: Record<string, string>) =>
      startCommand([
        ...["run", ...files, "--learner", learner, "--store", join(folder, learner), "--preset", "smoke"],
        ...["--workers", "1", "--json", ...knobs],
      ], { ...variables, ...more });
    const running = learn("one", { CUGRO_GYMNASIUM_PACKAGES: PACKAGES.join(",") });
    assertEquals((await running.ended).code, 0, running.errors());
    const { resultsMatrix, problems } = JSON.parse((await running.ended).output);
    assertEquals(problems.filter(({ code }: { code: string }) => code.startsWith("environment")), []);
    const [[score]] = resultsMatrix;
    assert(score % 20 === 0, `of five episodes each counts 20: ${score}`);
    const shown = await runCommand(["status", "--learner", "one", "--store", join(folder, "one")]);
    assert(shown.includes("Meta-World/drawer-close-v3"), shown);

    const without = learn("two", {});
    const result = JSON.parse((await without.ended).output);
    assertEquals(result.resultsMatrix, [[null]]);
    assert(result.problems[0].message.includes("CUGRO_GYMNASIUM_PACKAGES=gymnasium,metaworld"));
  }));
