/**
 * Pseudo-samples of a task as a version's generators make them: shards are cleared away once a version is decided, generators stay.
 * Drawn in a thread of their own, one after the other; the last ones are kept.
 * @module
 */
import type { Hyperparameters, Normaliser, Stored } from "@cugro/algorithm";
import { decodeNormaliser } from "@cugro/jobs/encoding";
import { type FactCache, knobsOfVersion } from "@cugro/learners";
import { getArtifact, type Store } from "@cugro/store";
import { ActError } from "./act_request.ts";
import { findVersion, learnerFacts, tasksOf } from "./read_policy.ts";
import { keptWeightsOf } from "./version_weights.ts";

/** What they are drawn from. */
export interface RememberInput {
  stateGenerator: Stored;
  behaviorGenerator: Stored;
  normaliser: Normaliser;
  task: number;
  stateDim: number;
  actionDim: number;
  count: number;
  seed: number;
  hyperparameters: Hyperparameters;
}

/** States `[size, S]` and actions `[size, A]`, raw. */
export interface Remembered {
  states: Float32Array;
  actions: Float32Array;
  size: number;
}

/** What the thread says. */
export type FromRememberThread = { drawn: Remembered } | { failed: string };

/** Draws pseudo-samples. */
export interface Rememberer {
  /** @throws {ActError} 404 without such a version, 422 where it does not know the task, 503 when as many wait as may */
  remember(learner: string, asked: { version: number; task: number }): Promise<Remembered>;
}

/** Pairs that are drawn. */
const COUNT = 1_024;
/** Drawings that may wait for their turn, some seconds each; and those that are kept, 0.1 MB each. */
const MAX_WAITING = 6;
const KEPT = 64;

/**
 * Draws pairs from stored generators, and keeps the last drawings.
 *
 * @param cache of facts that have been read
 * @returns `remember` throws an ActError of 503 where too many wait
 */
export function createRememberer(store: Store, cache?: FactCache): Rememberer {
  const drawn = new Map<string, Promise<Remembered>>();
  let [last, waiting]: [Promise<unknown>, number] = [Promise.resolve(), 0];
  return {
    async remember(learner, { version, task }) {
      const input = await inputOf(store, learner, { version, task, cache });
      const key = JSON.stringify([learner, version, task, input.mark]);
      const known = drawn.get(key);
      if (known) return await known;
      if (waiting >= MAX_WAITING) {
        const message = "Pseudo-samples of other versions are being drawn: try again";
        throw new ActError(503, message, { retryAfterSeconds: 10 });
      }
      waiting++;
      const own = last.then(async () => await drawInThread(await input.read())).finally(() => waiting--);
      last = own.catch(() => drawn.delete(key));
      drawn.set(key, own);
      for (const oldest of [...drawn.keys()].slice(0, -KEPT)) drawn.delete(oldest);
      return await own;
    },
  };
}

/** What is drawn from; weights are read when it is their turn. `mark`: the job of the generator, another one for a learner made again. */
async function inputOf(
  store: Store,
  learner: string,
  { version, task, cache }: { version: number; task: number; cache: FactCache | undefined },
): Promise<{ mark: string; read: () => Promise<RememberInput> }> {
  const facts = await learnerFacts(store, learner, cache);
  const fact = findVersion(facts, version);
  const tasks = tasksOf(facts, fact);
  const known = tasks.find((one) => one.task === task);
  if (!known) {
    const ids = tasks.map((one) => one.task).join(", ");
    throw new ActError(404, `Version ${version} of "${learner}" does not know task ${task}: it knows ${ids}`);
  }
  return {
    mark: fact.stateGenerator,
    read: async () => ({
      stateGenerator: await keptWeightsOf(store, fact, "stateGenerator"),
      behaviorGenerator: await keptWeightsOf(store, fact, "behaviorGenerator"),
      normaliser: decodeNormaliser(await getArtifact(store, known.normaliser)),
      ...{ task, stateDim: known.stateDim, actionDim: known.actionDim, count: COUNT, seed: version },
      hyperparameters: knobsOfVersion(facts, fact),
    }),
  };
}

async function drawInThread(input: RememberInput): Promise<Remembered> {
  const permissions = { ffi: "inherit", read: "inherit", write: "inherit", env: "inherit" } as const;
  const worker = new Worker(new URL("./remember_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions: { ...permissions, net: false, run: false } },
  });
  try {
    return await new Promise<Remembered>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<FromRememberThread>) =>
        "drawn" in data ? resolve(data.drawn) : reject(new Error(data.failed));
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`The thread that draws pseudo-samples has ended: ${event.message}`));
      };
      worker.postMessage(input);
    });
  } finally {
    worker.terminate();
  }
}
