import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { noLeaks } from "../testing/no_leaks.ts";
import { bandit, inputOf, normaliserOf, quick, relativeError, train } from "../testing/bandit.ts";

const ewc = { ...quick, regulariser: "ewc" as const, criticEwcStrength: 1e4, fisherRows: 100 };
const first = bandit(1, (s, a) => 10 + s - 0.2 * a * a);
const second = bandit(2, (s, a) => 3 * a - s);
const normalisers = new Map([[1, normaliserOf(first)], [2, normaliserOf(second)]]);

Deno.test(
  "trainCritic() holds old heads by Fisher information without replay, and goes on bit-identically when stopped",
  noLeaks(async () => {
    const one = (await train(inputOf(1, first, { hyperparameters: ewc }))).result.weights;
    const input = inputOf(2, second, { parent: one, normalisers, oldTasks: 1, hyperparameters: ewc });
    const whole = await train(input, [60, quick.criticSteps]);
    for (const at of [60, quick.criticSteps]) {
      const rest = await train({ ...input, resume: whole.snapshots.get(at)! });
      assertEquals(rest.result.weights, whole.result.weights);
    }
    const { weights } = whole.result;
    // Heads are columns: the new one's had no part in what was known, and has one in what is published.
    assertEquals(weights["fisher/head.0.kernel"]!.shape, weights["head.0.kernel"]!.shape);
    const bare =
      (await train({ ...input, hyperparameters: { ...ewc, criticEwcStrength: 0 } })).result.weights;
    assertLess(relativeError(weights, 0, first), 0.6 * relativeError(bare, 0, first));
    assertGreater(relativeError(weights, 1, second), relativeError(bare, 1, second));
    const off = await train({ ...input, hyperparameters: { ...ewc, regulariser: "none" } });
    assertEquals(Object.keys(off.result.weights).filter((name) => name.startsWith("fisher/")), []);
  }),
);
