/**
 * The jobs by which networks that act in one step are learnt:
 *
 * ```
 * behavior.train ─► proposer.label (k,m) ─► proposer.train ─┬─► actor.label (k,m) ─► actor.train ─► policy.evaluate
 *                                           critic.train   ─┘
 * ```
 * Old tasks are held to the parent's network on the states that replay them. Where the parent has none, they are labelled
 * as the new task is, on the same states. In a joint training every task is labelled alike, on rows of its own dataset.
 * @module
 */
import type { Hyperparameters } from "@cugro/algorithm";
import { deriveSeed, type InputRef, type JobOf, type RefsOf } from "@cugro/protocol";
import type { LabelledTask } from "../facts/labelled_tasks.ts";
import type { OneStepNetworks } from "./acting_fields.ts";
import {
  addJob,
  type Builder,
  limitOf,
  outputOf,
  type Replay,
  replayRefs,
  replayRowsOf,
} from "./graph_jobs.ts";
import { heldOutSeed } from "./seeds.ts";
import { isJoint, pairsPerTask } from "./shards.ts";

/** Sources of labels and trainings. */
interface Sources {
  behaviorGenerator: string;
  critic: string;
  replay: Replay[];
}

type Labels = Record<`labels/${number}/${number}`, InputRef>;
type LabelKind = "proposer.label" | "actor.label";
type LabelRefs =
  & Pick<RefsOf<"actor.label">, "behaviorGenerator" | "normaliser">
  & Partial<RefsOf<"actor.label">>;

/**
 * Adds the networks that the knobs ask for.
 *
 * @param builder of the graph
 * @param sources what they are distilled from
 * @returns their trainings
 */
export function addOneStepNetworks(builder: Builder, sources: Sources): OneStepNetworks {
  const { distil } = builder.knobs;
  const networks: OneStepNetworks = {};
  if (distil === "proposer" || distil === "both") {
    networks.proposer = addNetwork(builder, "proposer", sources, {});
  }
  if (distil === "actor" || distil === "both") {
    const { proposer } = networks;
    networks.actor = addNetwork(builder, "actor", sources, {
      critic: outputOf(sources.critic, "weights"),
      ...(proposer === undefined ? {} : { proposer: outputOf(proposer, "weights") }),
    });
  }
  return networks;
}

function addNetwork(
  builder: Builder,
  network: "proposer" | "actor",
  { behaviorGenerator, replay }: Sources,
  more: Partial<LabelRefs>,
): string {
  const { k, task, oldTasks, knobs, attempt } = builder;
  const joint = isJoint(knobs, oldTasks.length);
  const parent = joint ? undefined : builder.parent?.[network];
  const from = { behaviorGenerator: outputOf(behaviorGenerator, "weights"), ...more };
  const labels = {
    ...labelsOfData(builder, network, from, task),
    ...(joint
      ? Object.assign({}, ...oldTasks.map((old) => labelsOfData(builder, network, from, old)))
      : parent === undefined
      ? labelsOfOld(builder, network, from, replay)
      : {}),
  };
  const normalisers = [...oldTasks, task].map((t) => [`normaliser/${t.task}`, { artifact: t.normaliser }]);
  const inputs: RefsOf<"proposer.train"> = {
    ...labels,
    ...Object.fromEntries(normalisers),
    ...(parent === undefined ? {} : { ...replayRefs(replay), parent: outputOf(parent, "weights") }),
  };
  const fields = {
    task: k,
    oldTasks: oldTasks.length,
    heldOutSeed: heldOutSeed(builder.seed),
    replayRows: replayRowsOf(builder, replay),
    ...(joint ? { joint: true as const } : {}),
  };
  const kind = `${network}.train` as const;
  return addJob(builder, kind, deriveSeed(builder.seed, kind, k, 0, attempt), fields, inputs);
}

/** Labels of a task on rows of its dataset. */
function labelsOfData(
  builder: Builder,
  network: "proposer" | "actor",
  from: Partial<LabelRefs>,
  task: LabelledTask,
): Labels {
  const { knobs } = builder;
  const k = task.task;
  const rows = labelRows(knobs, network);
  const draw = { heldOutSeed: heldOutSeed(builder.seed), ...limitOf({ task, knobs }) };
  const normaliser = { artifact: task.normaliser };
  return Object.fromEntries(rows.map((count, m) => {
    const fields = { task: k, draw: { rows: count, ...draw } };
    const refs = { ...from, normaliser, dataset: { dataset: task.datasetHash } };
    return [`labels/${k}/${m}`, addLabels(builder, `${network}.label`, [k, m], fields, refs as LabelRefs)];
  }));
}

/** Labels of the old tasks, on what replays them. */
function labelsOfOld(
  builder: Builder,
  network: "proposer" | "actor",
  from: Partial<LabelRefs>,
  replay: Replay[],
): Labels {
  const { oldTasks, knobs } = builder;
  const draw = { heldOutSeed: heldOutSeed(builder.seed), rows: pairsPerTask(knobs, oldTasks.length) };
  return Object.fromEntries(replay.map(({ task, shard, ref }) => {
    const normaliser = { artifact: oldTasks.find((old) => old.task === task)!.normaliser };
    const real = "dataset" in ref;
    const refs = { ...from, normaliser, ...(real ? { dataset: ref } : { states: ref }) };
    const fields = { task, ...(real ? { draw } : {}) };
    return [
      `labels/${task}/${shard}`,
      addLabels(builder, `${network}.label`, [task, shard], fields, refs as LabelRefs),
    ];
  }));
}

function addLabels(
  builder: Builder,
  kind: LabelKind,
  [task, shard]: readonly [number, number],
  fields: JobOf<"actor.label">["config"],
  refs: LabelRefs,
): InputRef {
  const seed = deriveSeed(builder.seed, `${kind}@${builder.k}`, task, shard, builder.attempt);
  // The proposer's labels need no critic, and are given none.
  return outputOf(addJob(builder, kind, seed, fields, refs as RefsOf<"actor.label">), "labels");
}

/** Labels of the new task in each of its jobs; they differ by at most one. */
function labelRows(
  knobs: Pick<Hyperparameters, "proposerLabels" | "actorLabels" | "labelShards">,
  network: "proposer" | "actor",
): number[] {
  const all = network === "proposer" ? knobs.proposerLabels : knobs.actorLabels;
  const shards = Math.min(knobs.labelShards, all);
  return Array.from({ length: shards }, (_, m) => Math.floor(all / shards) + (m < all % shards ? 1 : 0));
}
