/**
 * Who acts in a world: a version's policy, computed in this page where it acts in one step, and by the gateway where it samples.
 * @module
 */
import { unusualAmong } from "@cugro/algorithm/arrays";
import type { VersionPolicy } from "@cugro/client";
import type { TaskSpec } from "@cugro/environments/families";
import { client } from "../state/page_session.ts";
import { criticOf, sessionOf, statesOf } from "./browser_policy.ts";

/** A way of acting. */
export type Way = VersionPolicy["about"]["ways"][number];

/** The critic's judgement of a state and an action. */
export interface Judgement {
  /** By the critic: the discounted return from here on. */
  value: number;
  /** Percent of the task's held-out rows that are less unusual; null where that was not measured. */
  percentile: number | null;
  isUnusual: boolean;
}

export interface Player {
  learner: string;
  version: number;
  acting: Way;
  /** Where its actions are computed. */
  where: "this page" | "the gateway";
  taskName: string;
  spec: TaskSpec;
  /** @param seed of the noise */
  act(state: Float32Array, seed: number): Float32Array | Promise<Float32Array>;
  judge(state: Float32Array, action: Float32Array): Judgement;
  close(): void;
}

/** The wanted version, and its way of acting; undefined: as the version serves the task. */
export interface AskedPlayer {
  learner: string;
  version: number;
  task: number;
  by: Way | undefined;
}

/** How it acts, once decided. */
type Asked = Omit<AskedPlayer, "by"> & { acting: Way };

/** Opens a player. @throws Error saying what keeps it from acting here */
export async function openPlayer({ learner, version, task, by }: AskedPlayer): Promise<Player> {
  const policy = await client.value.versions.policy(learner, version);
  const { about } = policy;
  const known = knownTask(policy, { learner, version, task });
  const acting = by ?? known.acting;
  if (!about.ways.includes(acting)) {
    throw new Error(
      `version ${version} of ${learner} has no ${acting}: it acts by ${about.ways.join(" or ")}`,
    );
  }
  const { act, value, dispose } = acting === "sampler"
    ? askGateway(policy, { learner, version, task, acting })
    : computeHere(policy, acting, task);
  return {
    ...{ learner, version, acting, taskName: known.name, spec: specOf(policy, task) },
    where: acting === "sampler" ? "the gateway" : "this page",
    act,
    judge: judgeOf(policy, task, value),
    close: dispose,
  };
}

/** A version's data about a task. @throws Error where it does not know it */
export function knownTask(
  { about }: VersionPolicy,
  { learner, version, task }: Omit<AskedPlayer, "by">,
): VersionPolicy["about"]["tasks"][number] {
  const known = about.tasks.find((one) => one.task === task);
  if (known) return known;
  const ids = about.tasks.map((one) => one.task).join(", ");
  throw new Error(`version ${version} of ${learner} does not know task ${task}: it knows ${ids}`);
}

/** Judges by a version's critic and by what is known of the task's states. */
export function judgeOf(
  policy: VersionPolicy,
  task: number,
  value: ReturnType<typeof criticOf>["value"],
): Player["judge"] {
  const states = statesOf(policy, task);
  return (state, action) => {
    const { percentiles, outOfDistribution } = unusualAmong(states, state);
    return {
      value: value(task, state, action)[0]!,
      percentile: percentiles?.[0] ?? null,
      isUnusual: outOfDistribution[0]!,
    };
  };
}

/** The simulated task. @throws Error for one that no simulator of this page knows */
export function specOf({ about }: VersionPolicy, task: number): TaskSpec {
  const { environment } = about.tasks.find((one) => one.task === task)!;
  if (environment && "family" in environment) return environment;
  throw new Error(
    environment
      ? `task ${task} is run in ${environment.gymnasium} of Gymnasium, in Python: no browser simulates that`
      : `the data of task ${task} names no robot: relabel it with family and goal to see one`,
  );
}

function computeHere(policy: VersionPolicy, acting: "actor" | "proposer", task: number) {
  const session = sessionOf(policy, acting);
  return {
    act: (state: Float32Array, seed: number) => session.act(task, state, seed),
    value: session.value,
    dispose: session.dispose,
  };
}

function askGateway(policy: VersionPolicy, { learner, ...asked }: Asked) {
  const critic = criticOf(policy);
  return {
    async act(state: Float32Array, seed: number): Promise<Float32Array> {
      const { actions } = await client.value.act(learner, { ...asked, seed, observations: [[...state]] });
      return Float32Array.from(actions[0]!);
    },
    value: critic.value,
    dispose: critic.dispose,
  };
}
