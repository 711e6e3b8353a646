/**
 * Compares a valid file with the existing tasks: it becomes a new task, a revision of one, or is rejected. Pure.
 * @module
 */
import {
  attemptAt,
  countOf,
  deniedBy,
  describeDenied,
  describeKnown,
  type Growth,
  growthOf,
  hasFailed,
  type Imported,
  type Kinship,
  labelFlags,
  type LabelledTask,
  type LearnerFacts,
  nameOfData,
  type TaskData,
  taskState,
} from "@cugro/learners";
import {
  type ArrivalFact,
  canonicalJson,
  describeEnvironment,
  distancesSchema,
  type EnvironmentRef,
  type ImportSummary,
  jobId,
  type NoticeFact,
  type RejectionFact,
  type RevisionFact,
  type TaskFact,
} from "@cugro/protocol";

/** The output of the file's import, and its id. */
type File = Imported & { importJob: string };

/** A task that shares fewer of its episodes, as a share of either dataset, is not mentioned. */
const WORTH_A_WORD = 0.05;
const ELSE = "with --as-new-task (asNewTask) it becomes a task of its own";

/**
 * A rejection.
 *
 * @param reason a sentence
 * @param failedJob id of the job that failed, where that is why
 * @param arrival the one that is refused
 * @returns the fact
 */
export function reject(
  { seq, key }: ArrivalFact,
  reason: string,
  failedJob: string | null = null,
): RejectionFact {
  return { schema: 1, seq, key, reason, failedJob };
}

/**
 * What becomes of a file that is no task's dataset.
 *
 * @param facts of the learner
 * @param arrival the file's
 * @param file what its import has made
 * @param accept makes a task of it
 * @returns a fact, or `later` where it has not been compared yet
 */
export function compared(
  facts: LearnerFacts,
  arrival: ArrivalFact,
  file: File,
  accept: (notices: readonly NoticeFact[]) => TaskFact,
): TaskFact | RevisionFact | RejectionFact | "later" {
  const growth = growthOf(facts, file);
  if (growth.kind === "wait") return "later";
  if (growth.kind === "new") {
    return accept([
      ...growth.shared.flatMap((one) => sharing(file, one)),
      ...growth.unknown.map(notCompared),
    ]);
  }
  const reason = refusalBeside(file, growth);
  if (reason !== undefined) return { ...reject(arrival, reason), besideTask: growth.data.task };
  return growth.kind === "grown" ? revise(facts, arrival, file, growth) : accept([]);
}

/** Why a file related to a task cannot be accepted; undefined if it can. */
function refusalBeside(file: File, growth: Exclude<Growth, { kind: "wait" | "new" }>): string | undefined {
  const { kind, data, overlap } = growth;
  const name = nameOfData(data);
  if (kind === "same") return `this dataset is already ${name}: it has the same episodes in another order`;
  if (kind === "part") {
    const added = overlap.added.rows === 0 ? "" : `, and ${countOf(overlap.added.rows)} are new`;
    return `${countOf(overlap.known.rows)} of its ${countOf(file.size)} rows are among the ${
      countOf(data.size)
    } of ${name}${added}: it is a part ` +
      `of that dataset and teaches nothing new; ${ELSE}`;
  }
  const conflict = conflictOf(data, file);
  return conflict === undefined
    ? undefined
    : `${describeKnown({ ...overlap, task: data.task, size: file.size })}, and ${
      countOf(overlap.added.rows)
    } are new, but ${conflict}`;
}

/** A label of the file that contradicts the task's; undefined where none does. */
function conflictOf(
  { task, environment: known }: TaskData,
  { environment: stated }: File,
): string | undefined {
  if (!known || !stated || canonicalJson(known) === canonicalJson(stated)) return undefined;
  const [what, here, there] = differenceOf(known, stated);
  return `its ${what} is ${there} where task ${task}'s is ${here}: a task has one ${what}. Put the label of the file or of ` +
    `the task right and hand the file over again, or ${ELSE}`;
}

function differenceOf(known: EnvironmentRef, stated: EnvironmentRef): readonly [string, string, string] {
  if (!("family" in known && "family" in stated)) {
    return ["environment", describeEnvironment(known), describeEnvironment(stated)];
  }
  return known.family === stated.family
    ? ["goal", known.goal.join(", "), stated.goal.join(", ")]
    : ["family", known.family, stated.family];
}

function revise(
  facts: LearnerFacts,
  arrival: ArrivalFact,
  file: File,
  { data: { task }, overlap, job }: Growth & { kind: "grown" },
): RevisionFact | RejectionFact | "later" {
  const id = jobId(job);
  const state = facts.jobs.get(id);
  if (hasFailed(state)) {
    const message = state?.failures.at(-1)?.message ?? "unknown reason";
    return reject(
      arrival,
      `it could not be measured: ${message} (fix the cause, then hand it over again)`,
      id,
    );
  }
  const { normaliser, sketch, episodes } = state?.result?.outputs ?? {};
  if (!normaliser || !sketch || !episodes) return "later";
  const { name, datasetHash, size, bytes, notices, importJob } = file;
  const distances = distancesSchema.safeParse(state?.result?.metrics.heldOutDistances);
  return {
    ...{ schema: 1, task, arrival: arrival.seq, attempt: attemptAt(facts, task) + 1 },
    revision: facts.revisions.filter((fact) => fact.task === task).length + 1,
    ...{ name, datasetHash, size, episodes: file.episodes, bytes, importJob, measureJob: id },
    ...(notices === undefined ? {} : { notices }),
    ...{ normaliser: normaliser.artifact, sketch: sketch.artifact, episodeHashes: episodes.artifact },
    ...(distances.success ? { heldOutDistances: distances.data } : {}),
    ...overlap,
  };
}

/** The note on a new task that shares rows with another, where neither contains the other. */
function sharing(file: File, { data, overlap: { known } }: Kinship): NoticeFact[] {
  if (known.rows < WORTH_A_WORD * Math.min(file.size, data.size)) return [];
  return [{
    code: "rows-shared-with-task",
    message: `${countOf(known.rows)} of the ${countOf(file.size)} rows are ${
      nameOfData(data)
    }'s as well, which has ${countOf(data.size)}`,
    advice: "if the file is to take that dataset's place, it must hold nearly all of its episodes",
  }];
}

/** The note on a new task that may be another task's dataset grown, where that cannot be determined. */
function notCompared({ task, size }: TaskData): NoticeFact {
  return {
    code: "task-not-compared",
    message:
      `whether this is task ${task}'s dataset with more rows (it had ${
        countOf(size)
      }) cannot be determined: what tells episodes ` +
      `apart was not kept when task ${task} was imported, and its dataset is gone`,
    advice:
      `if it is, cancel this task and restore task ${task}'s dataset before the file is handed over again`,
  };
}

/**
 * A file with the rows of a known task: its labels may differ, which a relabel can correct.
 *
 * @param facts of the learner
 * @param arrival the file's
 * @param summary what its import has read
 * @param task that has these rows
 * @returns the fact, with what the file says otherwise
 */
export function rejectSame(
  facts: LearnerFacts,
  arrival: ArrivalFact,
  summary: ImportSummary,
  task: LabelledTask & { revision?: number },
): RejectionFact {
  const { task: k, revision = 0 } = task;
  const { learner: { name } } = facts;
  const { family, goal, ...rest } = deniedBy(summary, task);
  // Of a dataset that has grown, horizon and anchors are the task's, whatever its file says.
  const file = {
    ...(family === undefined ? {} : { family }),
    ...(goal === undefined ? {} : { goal }),
    ...(revision === 0 ? rest : {}),
  };
  const state = facts.tasks.some((fact) => fact.task === k) ? taskState(facts, k) : "undecided";
  const isGone = ["cancelled", "withdrawn"].includes(state);
  const is = `this dataset is already ${nameOfData({ task: k, revision })}${
    isGone ? `, which was ${state}` : ""
  }`;
  const again = `it is learnt again with: cugro retry ${k} --learner ${name}`;
  if (Object.keys(file).length > 0) {
    const command = `cugro relabel ${k} ${labelFlags(file)} --learner ${name}`;
    const reason = `${is}, and this file says otherwise of it (${describeDenied(file, task)}). ` +
      `If the file is right: ${command}${isGone ? `; after that ${again}` : ""}`;
    return { ...reject(arrival, reason), sameRows: { task: k, file } };
  }
  return reject(arrival, isGone ? `${is}; ${again}` : is);
}
