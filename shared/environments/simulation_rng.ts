/**
 * Seeded random numbers of simulation. `algorithm` has a generator of its own, and neither room may import the other: what
 * they share is fifteen lines, and both streams must stay as they are.
 * @module
 */

/** A seeded stream of random numbers. */
export interface Random {
  /** The next number of the uniform law on [0, 1), with 53 random bits. */
  uniform(): number;
  /** The next number of the standard normal law. */
  normal(): number;
}

/** The splitmix32 sequence from `state`: turns seeds that lie close together into unrelated words. */
function splitmix32(state: number): () => number {
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

/**
 * xoshiro128** (Blackman and Vigna 2018) on the four words of `state`, which it changes.
 *
 * @param state four words that are not all 0
 * @returns gives the next 32 bits, unsigned
 */
export function xoshiro128(state: Uint32Array): () => number {
  const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by));
  return () => {
    const [a = 0, b = 0, c = 0, d = 0] = state;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const third = c ^ a;
    const fourth = d ^ b;
    state[0] = a ^ fourth;
    state[1] = b ^ third;
    state[2] = third ^ (b << 9);
    state[3] = rotate(fourth, 11);
    return result;
  };
}

/**
 * A generator for one seed: equal seeds give equal streams on every machine.
 *
 * @param seed any safe integer; negative ones are allowed
 * @returns uniform numbers in [0, 1) of 53 bits, and normal ones
 * @throws {RangeError} when the seed is not a safe integer
 */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(
      `Cannot seed a random generator as the seed must be a safe integer: current value is ${seed}`,
    );
  }
  // Both halves of the 53 bits count, so that seeds 2^32 apart differ.
  const low = splitmix32(seed | 0);
  const high = splitmix32(Math.floor(seed / 0x1_0000_0000) ^ low());
  const next = xoshiro128(Uint32Array.of(low(), high(), low(), high()));
  const uniform = () => ((next() >>> 5) * 0x400_0000 + (next() >>> 6)) / 0x20_0000_0000_0000;
  let spare: number | undefined;
  const normal = () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    // Box and Muller (1958); 1 - u lies in (0, 1], where the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return { uniform, normal };
}

/**
 * `count` seeds that follow from one seed and a stream number: episodes of different streams never share a seed by design.
 *
 * @param seed any safe integer
 * @param stream from 0
 * @param count how many
 * @returns integers in [0, 2^53)
 */
export function deriveSeeds(seed: number, stream: number, count: number): number[] {
  const root = createRandom(seed);
  let own = 0;
  for (let i = 0; i <= stream; i++) own = Math.floor(root.uniform() * Number.MAX_SAFE_INTEGER);
  const random = createRandom(own);
  return Array.from({ length: count }, () => Math.floor(random.uniform() * Number.MAX_SAFE_INTEGER));
}
