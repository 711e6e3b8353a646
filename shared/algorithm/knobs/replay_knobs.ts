/**
 * Knobs of the replay: where pseudo-samples of old tasks come from, how many, and how they enter a training.
 * @module
 */
import { choice, number, whole } from "./knob.ts";

/** The chapter's rows. */
export const replayKnobs = {
  replay: choice({
    about:
      "Where old tasks come from: the learner's own samples, nothing, the real old data (`oracle`, an upper bound), all data at once from fresh weights (`multitask`), noise, or a few real rows (`real-buffer`).",
    choices: ["generated", "none", "oracle", "multitask", "noise", "real-buffer"],
    values: { paper: "generated", default: "generated", smoke: "generated" },
    readBy: ["plan"],
  }),
  replaySource: choice({
    about:
      "`latest` samples again from the parent version; `first` keeps what the version that learned the task sampled once.",
    choices: ["latest", "first"],
    values: { paper: "latest", default: "latest", smoke: "latest" },
    readBy: ["plan"],
  }),
  // A total rather than a number per task, so that a late task costs what an early one did.
  replayPairs: whole({
    about: "Pseudo-pairs over all old tasks together.",
    range: [1, 1e9],
    values: { paper: 1_000_000, default: 160_000, smoke: 512 },
    readBy: ["plan"],
  }),
  replayPairsPerTask: whole({
    about: "At most this many pseudo-pairs of one old task.",
    range: [1, 1e9],
    values: { paper: 200_000, default: 40_000, smoke: 256 },
    readBy: ["plan"],
  }),
  replayBytes: whole({
    about: "Bytes that all shards kept by `replaySource: first` may take together.",
    range: [0, Number.MAX_SAFE_INTEGER],
    values: { paper: 256 * 1024 * 1024, default: 256 * 1024 * 1024, smoke: 256 * 1024 * 1024 },
    readBy: ["plan"],
  }),
  shardsPerTask: whole({
    about: "Shards into which an old task's pseudo-pairs are cut; each is one job.",
    range: [1, 1_000],
    values: { paper: 2, default: 2, smoke: 2 },
    readBy: ["plan"],
  }),
  bufferShare: number({
    about:
      "Share of a task's rows that `replay: real-buffer` keeps; `equal-bytes` keeps as many bytes as the weights of both generators take, shared out among `bufferTasks`.",
    range: [1e-6, 1],
    or: "equal-bytes",
    values: { paper: "equal-bytes", default: "equal-bytes", smoke: "equal-bytes" },
    readBy: ["plan"],
  }),
  // A buffer is drawn while its task is learnt, and later its data is gone: how many tasks will share must be fixed beforehand.
  bufferTasks: whole({
    about: "Tasks among which `bufferShare: equal-bytes` shares its bytes out.",
    range: [1, 100_000],
    values: { paper: 5, default: 5, smoke: 5 },
    readBy: ["plan"],
  }),
  // The paper's 1/k leaves task 20 with a twentieth of each batch. With a half, more of it leaks into old tasks (README of the room).
  newTaskShare: number({
    about: "Fraction of a generator's batch drawn from the new task; `proportional` is the paper's 1/k.",
    range: [1e-12, 1],
    or: "proportional",
    values: { paper: "proportional", default: 0.2, smoke: 0.5 },
    readBy: ["states.train", "behavior.train"],
  }),
  // Matching the parent has the same minimiser as regressing on its samples, with less variance.
  retention: choice({
    about:
      "How generators keep old tasks: `samples` regresses on the replay, `distill` matches the frozen parent's predicted noise on it.",
    choices: ["samples", "distill"],
    values: { paper: "samples", default: "distill", smoke: "distill" },
    readBy: ["states.train", "behavior.train"],
  }),
};
