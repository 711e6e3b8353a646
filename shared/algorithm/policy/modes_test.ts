import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import * as tf from "tf";
import { createRng } from "../numerics/rng.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import { apartShare, findModes, isMultimodal, weightsOfHeavierMode } from "./modes.ts";
import { combineCandidates } from "./selection.ts";

interface Chosen {
  apart: number[];
  weights: number[][];
  actions: number[][];
}

/** What becomes of candidates `[n * M][A]` with weights `[n][M]` in the range [-1, 1]. */
function choose(weights: number[][], actions: number[][], half = 1): Chosen {
  return tf.tidy(() => {
    const given = tf.tensor2d(weights), drawn = tf.tensor2d(actions);
    const high = tf.fill([1, drawn.shape[1]], half);
    const modes = findModes(given, drawn, tf.neg(high), high);
    const kept = weightsOfHeavierMode(given, modes);
    return {
      apart: [...modes.apart.dataSync()],
      weights: kept.arraySync(),
      actions: combineCandidates(kept, drawn).arraySync(),
    };
  });
}

/** Rows of weights that sum to 1, as float32 holds them. */
function someWeights(rng: { uniform(): number }, states: number, candidates: number): number[][] {
  return tf.tidy(() => {
    const raw = tf.tensor2d(
      Array.from({ length: states }, () => Array.from({ length: candidates }, () => 0.2 + rng.uniform())),
    );
    return tf.div<tf.Tensor2D>(raw, tf.sum(raw, 1, true)).arraySync();
  });
}

Deno.test(
  "two ways round are not averaged: the heavier group alone is, whatever it is called",
  noLeaks(() => {
    const weights = [[0.3, 0.2, 0.1, 0.4], [0.1, 0.1, 0.4, 0.4]];
    const sides = [[0.5, 0.8], [0.6, -0.8], [0.6, -0.7], [0.5, 0.7]];
    const { apart, actions, weights: kept } = choose(weights, [
      ...sides,
      ...sides.map(([x, y]) => [x!, -y!]),
    ]);
    assertEquals(apart, [1, 1]);
    // 0.3 and 0.4 of 0.7; the second state's greater half is 0.1 + 0.4 on either side: the tie goes to the lower one.
    [0.5, (0.3 * 0.8 + 0.4 * 0.7) / 0.7].forEach((value, i) =>
      assertAlmostEquals(actions[0]![i]!, value, 1e-6)
    );
    assertEquals([kept[0]![1], kept[0]![2]], [0, 0]);
    assertLess(actions[1]![1]!, -0.69);
  }),
);

Deno.test(
  "a few candidates of the critic's choice are two ways round, too",
  noLeaks(() => {
    // The others have no weight to speak of and lie everywhere.
    const weights = [[0.55, 0.449, 0.0005, 0.0005]];
    const { apart, actions } = choose(weights, [[0.8], [-0.8], [0], [0.1]]);
    assertEquals(apart, [1]);
    assertAlmostEquals(actions[0]![0]!, 0.8, 1e-2);
  }),
);

Deno.test(
  "candidates of one mode keep their weights to the bit, narrow or as wide as the range",
  noLeaks(() => {
    const rng = createRng(2, "modes"), states = 200, candidates = 16;
    const weights = someWeights(rng, states, candidates);
    for (
      const draw of [
        () => 0.05 * rng.normal(),
        () => 0.3 * rng.normal(),
        () => 2 * rng.uniform() - 1,
        () => 1,
      ]
    ) {
      const actions = Array.from({ length: states * candidates }, () => [draw(), draw()]);
      const found = choose(weights, actions);
      assertEquals(found.apart.filter(Boolean).length, 0);
      assertEquals(found.weights, weights);
    }
  }),
);

Deno.test(
  "two modes are found in any coordinate and in any units, and groups that lie close are one",
  noLeaks(() => {
    const rng = createRng(3, "modes"), states = 100, candidates = 16;
    const weights = someWeights(rng, states, candidates);
    const drawn = (gap: number, half: number) =>
      Array.from({ length: states * candidates }, () => {
        const side = rng.uniform() < 0.5 ? -1 : 1;
        return [0.1 * rng.normal(), side * gap / 2 + 0.03 * rng.normal(), 0.02 * rng.normal()].map((x) =>
          x * half
        );
      });
    for (const half of [1, 40]) {
      const far = choose(weights, drawn(1.2, half), half);
      assertEquals(far.apart.filter(Boolean).length, states);
      assert(far.actions.every(([, y]) => Math.abs(Math.abs(y!) / half - 0.6) < 0.1));
      assertEquals(choose(weights, drawn(0.4, half), half).apart.filter(Boolean).length, 0);
    }
  }),
);

Deno.test(
  "findModes() finds nothing where a coordinate has no range, or one candidate has all weight",
  noLeaks(() => {
    assertEquals(choose([[1, 0, 0]], [[0.9], [-0.9], [0.1]]), {
      apart: [0],
      weights: [[1, 0, 0]],
      actions: [[Math.fround(0.9)]],
    });
    const { apart, weights } = choose([[0.5, 0.5]], [[3], [3]], 0);
    assertEquals([apart, weights], [[0], [[0.5, 0.5]]]);
  }),
);

Deno.test(
  "a task is multi-modal from a tenth of its states on, by two groups that are near and narrow as well, and not by a wide one",
  noLeaks(() => {
    const rng = createRng(8);
    const [states, candidates] = [40, 16];
    /** Candidates of a state: two groups 0.4 of the range apart, or one as wide as the range. */
    const draw = (divided: boolean) =>
      Array.from(
        { length: candidates },
        (_, m) => [divided ? (m % 2 === 0 ? 0.4 : -0.4) + rng.uniform() / 50 : 2 * rng.uniform() - 1],
      );
    const found = (dividedStates: number) => {
      const actions = Array.from({ length: states }, (_, i) => draw(i < dividedStates)).flat();
      const weights = Array.from({ length: states }, () => Array<number>(candidates).fill(1 / candidates));
      return isMultimodal(apartShare(Float32Array.from(choose(weights, actions).apart)));
    };
    assertEquals([0, 4, 5, 40].map(found), [false, false, true, true]);
  }),
);
