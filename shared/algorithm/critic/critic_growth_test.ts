import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { criticForTask, growCritic } from "./critic_growth.ts";
import { criticShape, initCritic } from "./critic_network.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import {
  A,
  type Bandit,
  bandit,
  inputOf,
  normaliserOf,
  quick,
  relativeError,
  S,
  train,
  valuesOf,
} from "../testing/bandit.ts";

const twin = { ...quick, criticEnsemble: 2 };
const twinShape = criticShape(S, A, twin);
const first = bandit(1, (s, a) => 10 + s - 0.2 * a * a);
const second = bandit(2, (s, a) => 3 * a - s);
const replayOf = (task: number, data: Bandit) => ({
  task,
  states: data.states,
  actions: data.actions,
  size: data.size,
});
const bothNormalisers = new Map([[1, normaliserOf(first)], [2, normaliserOf(second)]]);

Deno.test(
  "criticForTask() gives a head that is there the new scale, and all heads answer as before",
  noLeaks(() => {
    const one = growCritic(initCritic(twinShape, 3), twinShape, 1, 3, { mean: 5, std: 2 });
    const two = growCritic(one, twinShape, 2, 3, { mean: -1, std: 1 });
    const scaled = criticForTask(two, twinShape, 1, 9, { mean: 8, std: 0.5 });
    assertEquals([...scaled["tasks"]!.data], [1, 2]);
    assertEquals([...scaled["returns.mean"]!.data], [8, -1]);
    assertEquals([...scaled["returns.std"]!.data], [0.5, 1]);
    for (const [head, data] of [[0, first], [1, second]] as const) {
      const before = valuesOf(two, head, data, twin);
      valuesOf(scaled, head, data, twin).forEach((value, i) => assertAlmostEquals(value, before[i]!, 1e-4));
    }
    assertEquals(
      criticForTask(one, twinShape, 2, 3, { mean: -1, std: 1 }),
      two,
      "a task that is not known gets a head",
    );
  }),
);

Deno.test(
  "trainCritic() fits the head of a task whose dataset has grown where it stands, and holds the later task's",
  noLeaks(async () => {
    const one = (await train(inputOf(1, first))).result.weights;
    const replay = [replayOf(1, first)];
    const two =
      (await train(inputOf(2, second, { parent: one, normalisers: bothNormalisers, replay }))).result
        .weights;
    // What came later is rewarded otherwise.
    const grown = bandit(1, (s, a) => 25 + s - 0.6 * a * a, 900);
    const further = { parent: two, normalisers: bothNormalisers, seed: 4 };
    const { result, losses } = await train(inputOf(1, grown, { ...further, replay: [replayOf(2, second)] }));
    assertLess(losses[0]!["retention"]!, 1e-9);
    assertEquals([...result.weights["tasks"]!.data], [1, 2]);
    assertLess(relativeError(result.weights, 0, grown), 0.25);
    assertLess(relativeError(result.weights, 1, second), 0.35);
  }),
);
