/**
 * Tasks as their labels have them: what was put right after they were accepted, the newest label of each name. Pure.
 * @module
 */
import {
  type Anchors,
  ANCHORS_OF_FILE,
  canonicalJson,
  type EnvironmentRef,
  type FamilyRef,
  type ImportSummary,
  LABEL_NAMES,
  type LabelFact,
  type LabelName,
  type LabelValues,
  type RowCell,
  type TaskFact,
} from "@cugro/protocol";

/** Changes of a task by its labels. */
export interface Labelling {
  /** The task as it was accepted. */
  accepted: TaskFact;
  /** Oldest first. */
  labels: readonly LabelFact[];
  /** Steps after which its episodes are cut, where a label says so. */
  episodeSteps: number | undefined;
  /** Whether what random actions earn, which scores 0, has to be measured with the labels. */
  measuresRandom: boolean;
}

/**
 * A task as it stands. `labelled`: what labels have made of it; absent where there are none. Its anchors are those of its
 * import as long as new ones are to be measured (`standingAnchors`).
 */
export interface LabelledTask extends TaskFact {
  labelled?: Labelling;
}

/** The last tasks made of each fact: a comparison by identity finds an unchanged task unchanged. */
const made = new WeakMap<TaskFact, LabelledTask>();

/**
 * A task as its labels have it; the fact itself where there are none.
 *
 * @param accepted the task's fact
 * @param labels of this task, oldest first
 * @returns the same object for the same labels
 */
export function labelTask(accepted: TaskFact, labels: readonly LabelFact[]): LabelledTask {
  if (labels.length === 0) return accepted;
  const known = made.get(accepted);
  const before = known?.labelled?.labels ?? [];
  if (known && before.length === labels.length && before.every((label, i) => label === labels[i])) {
    return known;
  }
  const values: LabelValues = Object.assign({}, ...labels.map(({ set }) => set));
  const environment = environmentOf(accepted, values);
  const anchors = anchorsOf(accepted, values);
  const episodes = { environment, steps: values.horizon };
  const task: LabelledTask = {
    ...accepted,
    ...(values.name === undefined ? {} : { name: values.name }),
    ...(values.horizon === undefined ? {} : { horizon: values.horizon }),
    environment,
    anchors: anchors ?? accepted.anchors,
    labelled: {
      accepted,
      labels,
      episodeSteps: values.horizon,
      measuresRandom: anchors === undefined && familyIn(environment) !== undefined &&
        accepted.anchors.source !== ANCHORS_OF_FILE && !isSame(episodes, episodesOf(accepted)),
    },
  };
  made.set(accepted, task);
  return task;
}

/**
 * Tasks as their labels have them, in the same order.
 *
 * @param accepted the tasks' facts
 * @param labels of all tasks, oldest first
 * @returns a task for each fact
 */
export function labelTasks(accepted: readonly TaskFact[], labels: readonly LabelFact[]): LabelledTask[] {
  const byTask = Map.groupBy(labels, ({ task }) => task);
  return accepted.map((fact) => labelTask(fact, byTask.get(fact.task) ?? []));
}

/**
 * The task as it was accepted.
 *
 * @param task with labels or without
 * @returns its fact
 */
export function acceptedTask(task: LabelledTask): TaskFact {
  return task.labelled?.accepted ?? task;
}

/** A family of ours; what Gymnasium runs has none. */
function familyIn(environment: EnvironmentRef | null): FamilyRef | undefined {
  return environment && "family" in environment ? environment : undefined;
}

function environmentOf({ environment }: TaskFact, { family, goal }: LabelValues): EnvironmentRef | null {
  if (family === undefined && goal === undefined) return environment;
  const before = familyIn(environment);
  const [name, numbers] = [family === undefined ? before?.family : family, goal ?? before?.goal];
  return name && numbers ? { family: name, goal: numbers } : null;
}

/** Anchors set by labels; undefined without any. */
function anchorsOf({ anchors }: TaskFact, values: LabelValues): Anchors | undefined {
  const { return_random: random, return_final_policy: good } = values;
  if (random === undefined && good === undefined) return undefined;
  return { random: random ?? anchors.random, good: good ?? anchors.good, source: "a label of the task" };
}

/** Environment and length of a task's episodes; undefined: the family's length. */
export interface Episodes {
  environment: EnvironmentRef | null;
  steps: number | undefined;
}

/**
 * The simulator that a task's episodes run in and their length, after its labels.
 *
 * @param task with labels or without
 * @returns a simulator, or null; `steps` only where a label has said a horizon
 */
export function episodesOf({ environment, labelled }: LabelledTask): Episodes {
  return { environment, steps: labelled?.episodeSteps };
}

/**
 * Whether the episodes of a cell are not those of the task as it stands: they must be run again.
 *
 * @param task as it stands
 * @param cell of a version, with the number of the label that it was measured under
 * @returns true where simulator or length differ
 */
export function isOutdated(task: LabelledTask, cell: Pick<RowCell, "label">): boolean {
  return !isSame(episodesOf(task), episodesOf(taskAt(task, cell)));
}

/** The task as it stood when a cell was measured. */
function taskAt({ labelled, ...task }: LabelledTask, { label = 0 }: Pick<RowCell, "label">): LabelledTask {
  if (!labelled) return task;
  const { accepted, labels } = labelled;
  const then = labels.filter(({ n }) => n <= label);
  return then.length === labels.length ? { ...task, labelled } : labelTaskAnew(accepted, then);
}

/** Like {@link labelTask}, and leaves what that remembers alone. */
function labelTaskAnew(accepted: TaskFact, labels: readonly LabelFact[]): LabelledTask {
  return labelTask({ ...accepted }, labels);
}

function isSame(a: Episodes, b: Episodes): boolean {
  const [one, other] = [familyIn(a.environment), familyIn(b.environment)];
  if (a.steps !== b.steps) return false;
  if (!one || !other) return canonicalJson(a.environment) === canonicalJson(b.environment);
  return one.family === other.family && isSameValue(one.goal, other.goal);
}

/**
 * A task's labels now.
 *
 * @param task its fact, or as its labels have it
 * @returns a value for each name of a label; null for family and goal without a simulator
 */
export function valuesOf({ environment, horizon, anchors, name }: TaskFact): Required<LabelValues> {
  const family = familyIn(environment);
  return {
    family: family?.family ?? null,
    goal: family?.goal ?? null,
    horizon,
    return_random: anchors.random,
    return_final_policy: anchors.good,
    name,
  };
}

export type Value = LabelValues[LabelName];

/**
 * Whether two values mean the same: goals are compared as datasets hold them, in 32 bits.
 *
 * @param a a value of a label
 * @param b another one
 * @returns false for values of different types
 */
export function isSameValue(a: Value, b: Value): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((value, i) => Math.fround(value) === Math.fround(b[i]!));
}

/**
 * Those of the values that the task does not have.
 *
 * @param values by name
 * @param task as it stands
 * @returns a part of `said`
 */
export function differingValues(values: LabelValues, task: TaskFact): LabelValues {
  const now = valuesOf(task);
  const names = LABEL_NAMES.filter((name) => name in values && !isSameValue(values[name], now[name]));
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

/**
 * What a file with a task's rows says that is otherwise there; what it leaves out, it does not deny.
 *
 * @param file what its import has read
 * @param task as it stands
 * @returns values of the file
 */
export function deniedBy(file: ImportSummary, task: LabelledTask): LabelValues {
  const { horizon, anchors } = file;
  const environment = familyIn(file.environment);
  return differingValues({
    horizon,
    ...(environment ? { family: environment.family, goal: environment.goal } : {}),
    ...(anchors.source === ANCHORS_OF_FILE
      ? { return_random: anchors.random, return_final_policy: anchors.good }
      : {}),
  }, task);
}
