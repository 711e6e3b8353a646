/** What is planned without Python; what runs in it: `tests/worlds`. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createRandom } from "../simulation_rng.ts";
import { chooseAction, planEpisodes } from "./collect_meta_world.ts";
import { META_WORLD_STREAMS, META_WORLD_TASKS, metaWorldId } from "./meta_world_tasks.ts";

Deno.test("planEpisodes() lays out a fifth random episodes, then less and less noise, each with seeds of its own", () => {
  const plan = planEpisodes({ episodes: 200, seed: 3 });
  const counts = Object.groupBy(plan, ({ actor }) => actor);
  assertEquals(
    Object.entries(counts).map(([actor, episodes]) => [actor, episodes.length]),
    [["random", 40], ["strong", 30], ["medium", 30], ["weak", 100]],
  );
  assertEquals(plan, planEpisodes({ episodes: 200, seed: 3 }));
  assertEquals(new Set(plan.map(({ start }) => start)).size, 200);
  assertEquals(new Set(plan.map(({ noise }) => noise)).size, 200);
  assert(plan.every(({ start }) => Number.isInteger(start) && start >= 0 && start < 2 ** 32));
  const other = planEpisodes({ episodes: 200, seed: 4 });
  assert(plan.every(({ start }, i) => start !== other[i]!.start));
  assertThrows(() => planEpisodes({ episodes: 0, seed: 3 }), RangeError, "current value is 0");
});

Deno.test("chooseAction() disturbs the expert by the stated noise, keeps to the bounds, and asks nobody where it is random", () => {
  const expert = Float32Array.of(0, 0.2, -0.1, 0);
  const spread = (actor: Parameters<typeof chooseAction>[0]) => {
    const random = createRandom(1);
    const errors = Array.from({ length: 3000 }, () => chooseAction(actor, expert, random))
      .flatMap((action) => {
        assert(action.every((value) => Math.abs(value) <= 1));
        return [...action].map((value, i) => value - expert[i]!);
      });
    return Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
  };
  assert(Math.abs(spread("weak") - 0.2) < 0.01);
  assert(spread("weak") < spread("medium") && spread("medium") < spread("strong"));
  // The uniform law on [-1, 1] has a spread of 0.577.
  assert(Math.abs(spread("random") - 0.58) < 0.02);
  const far = Float32Array.of(1, -1, 1, -1);
  assertEquals(
    chooseAction("random", far, createRandom(2)),
    chooseAction("random", expert, createRandom(2)),
  );
});

Deno.test("streams are of tasks that Meta-World has, each once", () => {
  assertEquals(new Set(META_WORLD_TASKS).size, 50);
  assertEquals(Object.values(META_WORLD_STREAMS).map(({ length }) => length), [5, 10]);
  for (const tasks of Object.values(META_WORLD_STREAMS)) {
    assertEquals(new Set(tasks).size, tasks.length);
    assertEquals(tasks.filter((task) => !META_WORLD_TASKS.includes(task)), []);
  }
  assertEquals(metaWorldId("push"), "Meta-World/push-v3");
});
