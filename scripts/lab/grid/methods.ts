/**
 * The methods that a grid compares: by which knobs each differs from ours. Everything else is the same code with the same budget.
 * @module
 */

/** One method. */
export interface Method {
  /** For the table's legend. */
  about: string;
  /** `knob=value`, on top of what the grid sets for all. */
  settings: readonly string[];
  /** Whether rows of old tasks are kept: an upper bound, or a rival that the setting forbids. */
  keepsOldData: boolean;
  /** Learners of a run: one for all tasks, or one a task that shares nothing with the others. */
  learners: "one" | "one a task";
  /** Turned for the last task alone, whose version is all there is to see: it is learnt from nothing on everything. */
  lastTask?: readonly string[];
  colour: string;
}

const method = (about: string, settings: readonly string[], rest: Partial<Method> = {}): Method => ({
  ...{ about, settings, keepsOldData: false, learners: "one", colour: "#555" },
  ...rest,
});

/** By name. */
export const METHODS: Readonly<Record<string, Method>> = {
  ours: method("generated replay, as the preset has it", ["replay=generated"], { colour: "#2f6db5" }),
  none: method("no replay: each task is learnt on top of the last", ["replay=none"], { colour: "#c0394b" }),
  oracle: method("replay of the real old data", ["replay=oracle"], { keepsOldData: true, colour: "#3f8f56" }),
  multitask: method(
    "joint training: the last version is trained from nothing on the datasets of all tasks",
    ["replay=none"],
    { keepsOldData: true, lastTask: ["replay=multitask"], colour: "#1d6b3a" },
  ),
  "real-buffer": method(
    "real rows of old tasks, as many bytes as both generators take",
    ["replay=real-buffer"],
    { keepsOldData: true, colour: "#7fae3f" },
  ),
  "real-buffer-1-percent": method("one per cent of each old task's rows", [
    "replay=real-buffer",
    "bufferShare=0.01",
  ], { keepsOldData: true, colour: "#a9c96b" }),
  noise: method("replay of uniform noise within each task's range", ["replay=noise"], { colour: "#999999" }),
  vae: method("replay from variational auto-encoders in the place of both diffusion models", [
    "replay=generated",
    "generator=vae",
    "distil=none",
  ], { colour: "#c98a1b" }),
  gan: method("replay from adversarial networks in their place", [
    "replay=generated",
    "generator=gan",
    "distil=none",
  ], { colour: "#b5527a" }),
  ewc: method("online elastic weight consolidation of all three networks, no replay", [
    "replay=none",
    "regulariser=ewc",
  ], { colour: "#3aa0a0" }),
  separate: method("a learner of its own for each task", ["replay=none"], {
    ...{ learners: "one a task", colour: "#8a6fb3" },
  }),
};

/** A method by its name. @throws {RangeError} that lists those there are */
export function methodOf(name: string): Method {
  if (Object.hasOwn(METHODS, name)) return METHODS[name]!;
  throw new RangeError(
    `a method must be one of ${Object.keys(METHODS).join(", ")}: current value is ${name}`,
  );
}

/** The colour of a label that is a method's own. */
export function colourOf(label: string): string | undefined {
  return Object.hasOwn(METHODS, label) ? METHODS[label]!.colour : undefined;
}
