/**
 * What each kind of job is, in one table: the service that does it, its revision, the fields of its `config` beside the
 * knobs, its inputs and its outputs. Planner, worker, handlers, permissions and queues all read this table.
 *
 * Names and units are those of the algorithm's hyperparameters. Nothing in a job depends on a learner's name, a clock, a
 * path or a store.
 * @module
 */
import { z } from "zod";
import { anchorsSchema, environmentSchema } from "./environment.ts";
import type { InputForm, JobSpec } from "./job_spec.ts";
import { actingSchema, ONE_STEP_SPECS } from "./one_step_kinds.ts";
import { readingSchema } from "./reading.ts";

export type { InputForm, JobSpec };

/** 1-based place of a task. */
const task = z.int().min(1);
const count = z.int().min(0);
const uint32 = z.int().min(0).max(0xffff_ffff);
const nothing = z.strictObject({});
/** Which shard of its task a job makes, from 0: its seed depends on it too. */
const shard = z.strictObject({ shard: count });

/** Pairs that no generator makes: noise within the task's limits, or rows drawn from its `dataset` without being held out. */
const pairsSchema = z.discriminatedUnion("source", [
  z.strictObject({ source: z.literal("noise"), rows: z.int().min(1) }),
  z.strictObject({ source: z.literal("dataset"), rows: z.int().min(1), heldOutSeed: uint32 }),
]);

/** How many rows of the new task's dataset are read; absent where all are, as before there was a limit. */
const trainingRows = z.int().min(1).exactOptional();

/**
 * Of a training on task k. `replayRows`: of one old task. `joint`: on all tasks alike and from fresh weights; the old ones'
 * datasets are their replay. `until`: the share of its steps after which it ends, as a part of the same training without it.
 */
const training = {
  config: z.strictObject({
    ...{ task, oldTasks: count, heldOutSeed: uint32, replayRows: count, trainingRows },
    joint: z.literal(true).exactOptional(),
    until: z.number().gt(0).lt(1).exactOptional(),
  }),
  identity: nothing,
  inputs: { dataset: "one", normaliser: "perTask", parent: "optional", replay: "perShard" },
  // `replay: oracle` and `multitask` replay the old datasets themselves.
  datasets: ["dataset", "replay"],
  outputs: ["weights", "curves"],
} as const;
/** The kind of a training goes on from its own weights. */
const makersOf = <K extends string>(kind: K) => ({ parent: kind, replay: "actions.label" }) as const;

/** Every kind of job there is. */
export const JOB_SPECS = {
  "dataset.import": {
    service: "dataset-import",
    // What it makes of a file that it took before is unchanged; of others it says more.
    revision: 1,
    config: z.strictObject({
      key: z.string().min(1),
      etag: z.string(),
      heldOutSeed: uint32,
      reading: readingSchema.exactOptional(),
    }),
    // The arrival of the same object whose import failed: its job has been given up, this one is another.
    identity: z.strictObject({ again: z.int().min(1).exactOptional() }),
    inputs: {},
    makers: {},
    datasets: [],
    // Imports of earlier versions have made no hashes of episodes.
    outputs: ["normaliser", "sketch", "episodes"],
  },
  /** Of a stored dataset: what an import makes, in the coordinates of a normaliser that there is, widened to hold all rows. */
  "dataset.measure": {
    service: "dataset-import",
    revision: 1,
    config: z.strictObject({ heldOutSeed: uint32 }),
    // The arrival it is measured for, where the measurement for an earlier one failed.
    identity: z.strictObject({ again: z.int().min(1).exactOptional() }),
    inputs: { dataset: "one", normaliser: "one" },
    makers: {},
    datasets: ["dataset"],
    outputs: ["normaliser", "sketch", "episodes"],
  },
  "states.sample": {
    service: "state-generation",
    revision: 3,
    config: z.strictObject({ task, rows: z.int().min(1) }),
    identity: shard,
    inputs: { stateGenerator: "one", normaliser: "one" },
    makers: { stateGenerator: "states.train" },
    datasets: [],
    outputs: ["shard"],
  },
  /** A shard of pairs: pseudo-states with the actions that the behavior generator takes in them, or `pairs` of baselines. */
  "actions.label": {
    service: "behavior-generation",
    revision: 3,
    config: z.strictObject({ task, pairs: pairsSchema.exactOptional() }),
    identity: shard,
    inputs: { states: "optional", behaviorGenerator: "optional", normaliser: "one", dataset: "optional" },
    makers: { states: "states.sample", behaviorGenerator: "behavior.train" },
    datasets: ["dataset"],
    outputs: ["shard"],
  },
  "states.train": {
    service: "state-generation",
    revision: 2,
    makers: makersOf("states.train"),
    ...training,
  },
  "behavior.train": {
    service: "behavior-generation",
    revision: 2,
    makers: makersOf("behavior.train"),
    ...training,
  },
  "critic.train": {
    service: "critic-training",
    revision: 2,
    makers: makersOf("critic.train"),
    ...training,
  },
  ...ONE_STEP_SPECS,
  /** Of one task of a version that has just learnt `newTask`; only the new task has `stateGenerator` and `dataset`. */
  "policy.evaluate": {
    service: "policy-evaluation",
    revision: 3,
    config: z.strictObject({
      task,
      newTask: task,
      environment: environmentSchema.nullable(),
      horizon: z.int().min(1),
      anchors: anchorsSchema,
      heldOutSeed: uint32,
      replayRows: count,
      trainingRows,
      // Nothing but episodes: of a decided version, after a label, as what they were measured beside may be gone; of trainings that ended early.
      episodesOnly: z.literal(true).exactOptional(),
      // Steps after which an episode is cut, where a label says so; else the family's.
      episodeSteps: z.int().min(1).exactOptional(),
      // Random ones, whose mean return scores 0 where the label changes it.
      randomEpisodes: z.strictObject({ count: z.int().min(1), seed: uint32 }).exactOptional(),
      // How to act, where there are networks besides the sampler's.
      acting: actingSchema.exactOptional(),
    }),
    identity: nothing,
    inputs: {
      behaviorGenerator: "one",
      critic: "one",
      normaliser: "one",
      sketch: "one",
      replay: "perShard",
      stateGenerator: "optional",
      dataset: "optional",
      proposer: "optional",
      actor: "optional",
    },
    makers: {
      behaviorGenerator: "behavior.train",
      critic: "critic.train",
      replay: "actions.label",
      stateGenerator: "states.train",
      proposer: "proposer.train",
      actor: "actor.train",
    },
    datasets: ["dataset"],
    outputs: ["rollouts"],
  },
  /**
   * What a version is worth in one task, without running it. Of the task that it has just learnt (it has `stateGenerator`
   * and `dataset`): networks are fitted, and kept. Of an old one: what those kept `network`s say of the version.
   */
  "policy.estimate": {
    service: "policy-evaluation",
    revision: 1,
    config: z.strictObject({ task, newTask: task, heldOutSeed: uint32, trainingRows }),
    identity: nothing,
    inputs: {
      behaviorGenerator: "one",
      critic: "one",
      normaliser: "one",
      stateGenerator: "optional",
      dataset: "optional",
      network: "optional",
    },
    makers: {
      behaviorGenerator: "behavior.train",
      critic: "critic.train",
      stateGenerator: "states.train",
      network: "policy.estimate",
    },
    datasets: ["dataset"],
    outputs: ["network"],
  },
} as const satisfies Record<string, JobSpec>;

/** A kind of work. */
export type JobKind = keyof typeof JOB_SPECS;
/** Every kind of work there is; of one service in its order of preference. */
export const JOB_KINDS = Object.keys(JOB_SPECS) as readonly JobKind[];

/** The revision of each kind; see {@link JobSpec}. */
export const REVISIONS = Object.fromEntries(
  JOB_KINDS.map((kind) => [kind, JOB_SPECS[kind].revision]),
) as Readonly<Record<JobKind, number>>;
