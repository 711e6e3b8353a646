import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { createRandom, deriveSeeds, xoshiro128 } from "./simulation_rng.ts";

Deno.test("xoshiro128() follows its definition from the state 1, 2, 3, 4", () => {
  const next = xoshiro128(Uint32Array.of(1, 2, 3, 4));
  const numbers = Array.from({ length: 10 }, next);
  assertEquals(numbers, [
    11520,
    0,
    5927040,
    70819200,
    2031721883,
    1637235492,
    1287239034,
    3734860849,
    3729100597,
    4258142804,
  ]);
});

Deno.test("createRandom() gives equal streams for equal seeds and others for others", () => {
  const draw = (seed: number) => {
    const random = createRandom(seed);
    return [random.uniform(), random.normal(), random.normal(), random.uniform()];
  };
  assertEquals(draw(7), draw(7));
  const firsts = new Set([0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1].map((seed) => draw(seed)[0]));
  assertEquals(firsts.size, 7);
  assertThrows(() => createRandom(0.5), RangeError, "current value is 0.5");
});

Deno.test("createRandom() draws uniform and normal numbers with the right moments", () => {
  const random = createRandom(1);
  const n = 50_000;
  const moments = (draw: () => number) => {
    let [first, second, fourth] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      const x = draw();
      first += x / n;
      second += x * x / n;
      fourth += x ** 4 / n;
    }
    return [first, second, fourth] as const;
  };
  // Tolerances are five standard errors.
  const [uniform1, uniform2] = moments(random.uniform);
  assertAlmostEquals(uniform1, 1 / 2, 0.0065);
  assertAlmostEquals(uniform2, 1 / 3, 0.0067);
  const [normal1, normal2, normal4] = moments(random.normal);
  assertAlmostEquals(normal1, 0, 0.0224);
  assertAlmostEquals(normal2, 1, 0.0316);
  assertAlmostEquals(normal4, 3, 0.22);
});

Deno.test("createRandom() decorrelates neighbouring seeds", () => {
  const n = 4000;
  let correlation = 0;
  for (let seed = 0; seed < n; seed++) {
    correlation += (createRandom(seed).uniform() - 0.5) * (createRandom(seed + 1).uniform() - 0.5) * 12 / n;
  }
  assertAlmostEquals(correlation, 0, 5 / Math.sqrt(n));
});

Deno.test("deriveSeeds() gives distinct safe seeds that extend with the count and differ by stream", () => {
  const seeds = deriveSeeds(3, 0, 100);
  assertEquals(new Set(seeds).size, 100);
  assert(seeds.every(Number.isSafeInteger));
  assertEquals(deriveSeeds(3, 0, 10), seeds.slice(0, 10));
  assertEquals(deriveSeeds(3, 1, 100).filter((seed) => seeds.includes(seed)), []);
});
