/**
 * A report's data, for tests.
 * @module
 */
import type { ReportData } from "../report_data.ts";

const DROP = { task: 1, best: 2, drop: 12.34, low: 8.1, high: 16.2, episodes: 20 };
const MEASURES = {
  ...{ averagePerformance: 89, backwardTransfer: -4.5, forgetting: 3, worstDrop: DROP },
  badlyLearnedFirst: false,
};

/** Three tasks, nothing wrong. */
export const EXAMPLE: ReportData = {
  learner: "walk <b>er</b>",
  seed: 3,
  preset: "default",
  created: "2026-01-02T03:04:05Z",
  tasks: [1, 2, 3].map((task) => ({
    revision: 0,
    task,
    name: `task${task}`,
    environment: `hopper-vel [${task}]`,
    size: 40_000,
    trainingRows: task === 3 ? 10_000 : 40_000,
    anchors: "of the file",
    notices: task === 2 ? ["<i>terminals</i>: every terminal comes at step 20"] : [],
  })),
  acting: {
    version: 3,
    ways: [
      { task: 1, acting: "actor", compared: "" },
      { task: 3, acting: "proposer", compared: "proposer 92.0 (-0.3 to the sampler, n = 20)" },
    ],
  },
  versions: [1, 2, 3].map((version) => ({
    revision: 0,
    version,
    task: version,
    decision: "published",
    observed: false,
    reasons: [],
    cells: Array.from({ length: version }, (_, j) => ({
      ...{ score: 95 - 3 * (version - j), low: 80, high: 104, episodes: 20 },
      ...{ isSuccess: false, valueEstimate: 12.345 },
    })),
    estimates: null,
    measures: { ...MEASURES, justLearned: 92 },
    seconds: 100,
  })),
  estimates: null,
  measures: { ...MEASURES, meanPerformance: 91, worstDropEver: { ...DROP, version: 3 } },
  fidelity: [[1, 1, 0], [2, 1, 1], [3, 1, 2], [2, 2, 0], [3, 2, 1], [3, 3, 0]].map((
    [version, task, generation],
  ) => ({
    version: version!,
    task: task!,
    generation: generation!,
    slicedWasserstein: 0.02 + 0.01 * generation!,
    slicedWassersteinFloor: 0.015,
    mmd: 0.01 + 0.004 * generation!,
    mmdFloor: 0.008,
    quantileError: [0.01, 0.02, 0.03],
    quantileFloor: [0.005, 0.006, 0.007],
    rows: generation === 0 ? [{ name: "precision", value: 0.91 }] : [],
  })),
  curves: [1, 2].flatMap((task) =>
    ["states.train", "critic.train"].map((kind) => ({
      task,
      kind,
      name: "loss",
      steps: [1, 10, 20],
      values: [3, 1 / task, null],
    }))
  ),
  rawBytes: [1, 2, 3].map((task) => ({ task, bytes: 6_000_000 })),
  keptBytes: [{ name: "state generator", bytes: 1_900_000 }, { name: "critic", bytes: 900_000 }],
  seconds: [1, 2, 3].flatMap((task) =>
    ["states.train", "critic.train"].map((kind) => ({ task, kind, seconds: 20 * task }))
  ),
  steps: [1, 2, 3].map((task) => ({
    ...{ task, kind: "behavior.train", done: 60, asked: task === 3 ? 6_000 : 60 },
    cutBy: task === 3 ? "maxGeneratorSteps" : null,
  })),
  remarks: ["Task 1, label 1 of 2026-01-02: goal 1 -> 2 (<put right>)."],
  problems: [],
  knobs: { replay: "generated", stateSteps: 2000 },
};
