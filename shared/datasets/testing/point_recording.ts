/**
 * A recording for tests: a point with inertia that is pushed at random, cut or caught at a wall.
 * @module
 */
import type { Numbers } from "@cugro/hdf5";
import type { RawDataset as Raw } from "../dataset.ts";

/** What a reader gives, in memory. */
export type RawDataset = Raw<Numbers>;

/** How {@link record} records. */
export interface RecordOptions {
  episodes?: number;
  /** Steps after which an episode is cut. */
  limit?: number;
  /** Positions beyond it end an episode by itself. @default none do */
  wall?: number;
  seed?: number;
}

/** One step as it happened. */
export interface Step {
  state: number[];
  action: number[];
  reward: number;
  next: number[];
  terminal: number;
  timeout: number;
  episode: number;
}

/** Numbers in [-1, 1) that look random and are the same each time. */
export function randomNumbers(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Steps of a point (position and speed, two each) in the order of time. */
export function record({ episodes = 12, limit = 15, wall = Infinity, seed = 3 }: RecordOptions = {}): Step[] {
  const random = randomNumbers(seed);
  const steps: Step[] = [];
  for (let episode = 0; episode < episodes; episode++) {
    let state = [3 * random(), 3 * random(), random(), random()];
    for (let step = 1; step <= limit; step++) {
      const action = [random(), random()];
      const [x, y, u, v] = state as [number, number, number, number];
      const next = [x + 0.1 * u, y + 0.1 * v, u + 0.2 * action[0]!, v + 0.2 * action[1]!];
      const terminal = Math.abs(next[0]!) > wall ? 1 : 0;
      const timeout = !terminal && step === limit ? 1 : 0;
      steps.push({ state, action, reward: u * u + 0.1, next, terminal, timeout, episode });
      state = next;
      if (terminal) break;
    }
  }
  return steps;
}

/** Steps as a reader would give them, all fields present. */
export function rawOf(steps: readonly Step[], attributes: Record<string, unknown> = {}): RawDataset {
  const matrix = (rows: number[][]) => ({
    shape: [rows.length, rows[0]!.length],
    data: Float32Array.from(rows.flat()),
  });
  const column = (values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
  return {
    arrays: {
      observations: matrix(steps.map(({ state }) => state)),
      actions: matrix(steps.map(({ action }) => action)),
      rewards: column(steps.map(({ reward }) => reward)),
      next_observations: matrix(steps.map(({ next }) => next)),
      terminals: column(steps.map(({ terminal }) => terminal)),
      timeouts: column(steps.map(({ timeout }) => timeout)),
    },
    attributes,
  };
}

/** The same without these fields, and with these. */
export function changed(
  raw: RawDataset,
  removed: readonly string[],
  added: RawDataset["arrays"] = {},
): RawDataset {
  const kept = Object.entries(raw.arrays).filter(([name]) => !removed.includes(name));
  return { ...raw, arrays: { ...Object.fromEntries(kept), ...added } };
}
