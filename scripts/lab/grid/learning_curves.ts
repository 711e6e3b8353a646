/**
 * How fast tasks are learnt in a stream, beside learning each of them alone. Pure.
 * @module
 */
import { forwardTransfer, mean, meanOverTraining } from "@cugro/algorithm/arrays";
import type { ShownStatus } from "../../cli/learners/learners.ts";
import { methodOf } from "./methods.ts";

/** Scores of a task after shares of the trainings that learn it, in (0, 1], the last of the whole. `task`: 1-based, in the order learnt. */
export interface LearningCurve {
  task: number;
  shares: number[];
  scores: number[];
}

/** The curves that a learner's versions hold: of tasks that were learnt with the knob `snapshots`. */
export function curvesOf(
  { versions, validVersions }: Pick<ShownStatus, "versions" | "validVersions">,
): LearningCurve[] {
  return versions.filter(({ version }) => validVersions.includes(version)).flatMap(({ task, row }) => {
    const cell = row.find((one) => one.task === task);
    if (!cell?.snapshots || cell.meanScore === null) return [];
    const points = cell.snapshots.toSorted((a, b) => a.share - b.share);
    return [{
      task,
      shares: [...points.map(({ share }) => share), 1],
      scores: [...points.map(({ meanScore }) => meanScore), cell.meanScore],
    }];
  });
}

/** What a run and its reference must have in common. */
interface CurvedRun {
  stream: string;
  method: string;
  seed: number;
  preset: string;
  settings: readonly string[];
  order?: readonly number[];
  curves?: readonly LearningCurve[];
}

/** Forward transfer of a run. */
export interface ForwardTransfer {
  /** Mean over tasks from the second on of the area under the score, minus that of learning the task alone: points of score. */
  points: number;
  /** The same over (100 - reference), as Continual World has it; null where a task learnt alone reaches 100 and that has no meaning. */
  continualWorld: number | null;
  /** Tasks that it is of. */
  tasks: number;
}

/**
 * A run's forward transfer; null where it has no curves, or no run learnt its tasks alone.
 *
 * @param runs among which is the reference: method `separate` with the same stream, order, seed and knobs
 */
export function forwardTransferOf(run: CurvedRun, runs: readonly CurvedRun[]): ForwardTransfer | null {
  const reference = runs.find((one) => one.method === "separate" && isComparable(one, run));
  const pairs = (run.curves ?? []).filter(({ task }) => task > 1).flatMap((curve) => {
    const alone = reference?.curves?.find(({ task }) => task === curve.task);
    return alone && String(alone.shares) === String(curve.shares)
      ? [[areaOf(curve), areaOf(alone)] as const]
      : [];
  });
  if (pairs.length === 0) return null;
  const [areas, references] = [pairs.map(([area]) => area), pairs.map(([, alone]) => alone)];
  return {
    points: mean(pairs.map(([area, alone]) => area - alone)),
    continualWorld: references.every((one) => one < 100) ? forwardTransfer(areas, references) : null,
    tasks: pairs.length,
  };
}

/** Mean score over the trainings, from the first share that was run to the whole. */
function areaOf({ shares: steps, scores: values }: LearningCurve): number {
  return meanOverTraining({ steps, values });
}

function isComparable(a: CurvedRun, b: CurvedRun): boolean {
  const shared = ({ method, settings }: CurvedRun) =>
    settings.filter((setting) => !methodOf(method).settings.includes(setting)).sort().join();
  return a.stream === b.stream && a.seed === b.seed && a.preset === b.preset &&
    String(a.order) === String(b.order) && shared(a) === shared(b);
}
