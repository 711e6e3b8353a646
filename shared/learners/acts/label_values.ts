/**
 * What a person says of a task, judged as the attributes of a file are. Pure.
 * @module
 */
import { didYouMean } from "@cugro/algorithm/knobs";
import { describeValue, judgeAttribute, type NumberAttribute } from "@cugro/datasets/attributes";
import { findTask, listFamilies } from "@cugro/environments/families";
import { LABEL_NAMES, type LabelName, type LabelValues } from "@cugro/protocol";
import { type LearnerFacts, taskState, validVersions } from "../facts/learner_facts.ts";
import { differingValues, type LabelledTask, valuesOf } from "../facts/labelled_tasks.ts";

/** Attributes that a label cannot correct, as they decide what the rows are. */
const OF_THE_ROWS = [
  ...[
    "reward",
    "rewards",
    "reward_rule",
    "observations",
    "states",
    "actions",
    "next_observations",
    "terminals",
  ],
  ...["timeouts", "success", "mask", "action_limit", "discrete_actions", "environments", "map"],
];
const LONGEST_NAME = 200;

/** A name or value that cannot be set; `field`: which. */
export class LabelError extends RangeError {
  override name = "LabelError";
  constructor(readonly field: string, message: string) {
    super(message);
  }
}

/**
 * Values of a label, from text or JSON.
 *
 * @param task as its labels have it
 * @param set values by the names that files have for them
 * @returns only what differs from what stands
 * @throws {LabelError} for a name that no label has, a value that the attribute of a file could not have, a family
 *   or goal that the data cannot come from, or anchors that leave no scale
 */
export function readLabelValues(
  facts: LearnerFacts,
  task: LabelledTask,
  set: Readonly<Record<string, unknown>>,
): LabelValues {
  const given = Object.entries(set);
  if (given.length === 0) {
    throw new LabelError("set", `Say what to correct, e.g. goal=2: ${LABEL_NAMES.join(", ")}`);
  }
  const values: LabelValues = {};
  for (const [name, value] of given) {
    const known = LABEL_NAMES.find((one) => one === name);
    if (!known) throw new LabelError(name, noLabel(facts, task, name));
    Object.assign(values, { [known]: readValue(known, value) });
  }
  if (values.family === null) values.goal = null;
  refuseUnfit(task, values);
  return differingValues(values, task);
}

function noLabel(facts: LearnerFacts, { task }: LabelledTask, name: string): string {
  if (!OF_THE_ROWS.includes(name)) {
    const meant = didYouMean(name, LABEL_NAMES);
    return `"${name.slice(0, 60)}" is no label${meant.replace(/^:/, ";")}${
      meant === "" ? `: there are ${LABEL_NAMES.join(", ")}` : ""
    }`;
  }
  return `"${name}" is no label, for it decides what the rows of task ${task} are. Withdraw the task: ` +
    `${withdrawal(facts, task)}; then add its file again, put right or read otherwise`;
}

/**
 * How a task is taken back, in words: the command, and what else it takes back.
 *
 * @param facts of the learner
 * @param task its number
 * @returns a command, with the tasks that it takes back as well
 */
export function withdrawal(facts: LearnerFacts, task: number): string {
  const { name } = facts.learner;
  const state = taskState(facts, task);
  if (state === "undecided" || state === "failed") return `cugro cancel ${task} --learner ${name}`;
  const chain = validVersions(facts);
  const place = chain.findIndex((fact) => fact.task === task);
  if (place < 0) return `nothing is to be done, as it is ${state}`;
  const after = chain.slice(place + 1).map((fact) => fact.task).filter((other) => other !== task);
  const later = [...new Set(after)];
  const command = `cugro rollback ${chain[place]!.parent ?? 0} --learner ${name}`;
  if (later.length === 0) return command;
  const tasks = `task${later.length === 1 ? "" : "s"} ${later.join(", ")}`;
  return `${command} (which withdraws ${tasks} as well: retry ${
    later.length === 1 ? "it" : "them"
  } afterwards)`;
}

function readValue(name: LabelName, given: unknown): LabelValues[LabelName] {
  if (name === "name") return readName(given);
  if (name === "family") return readFamily(given);
  const value = typeof given === "string" ? fromText(given) : given;
  const judged = judgeAttribute(name satisfies NumberAttribute, value);
  if ("value" in judged && judged.value !== undefined) return judged.value as number;
  const rule = "rule" in judged ? judged.rule : "must be a number";
  throw new LabelError(name, `${name} ${rule}: current value is ${describeValue(given)}`);
}

/** `2`, `1,0` and `[1, 0]`; anything else stays text, which is no number. */
function fromText(text: string): unknown {
  const inner = /^\s*\[(.*)\]\s*$/.exec(text)?.[1];
  const parts = (inner ?? text).split(",").map((part) => part.trim());
  const numbers = parts.map(Number);
  if (parts.includes("") || !numbers.every(Number.isFinite)) return text;
  return numbers.length === 1 && inner === undefined ? numbers[0] : numbers;
}

function readName(given: unknown): string {
  const text = typeof given === "string" ? given.trim() : "";
  if (text !== "" && text.length <= LONGEST_NAME && !/\p{C}/u.test(text)) return text;
  throw new LabelError(
    "name",
    `name must be a text of 1 to ${LONGEST_NAME} letters that can be shown: current value is ${
      describeValue(given)
    }`,
  );
}

function readFamily(given: unknown): string | null {
  if (given === null || given === "none") return null;
  const families = listFamilies().map(({ family }) => family);
  const found = families.find((family) => family === given);
  if (found) return found;
  const meant = typeof given === "string" ? didYouMean(given, families).replace(/^:/, ";") : "";
  throw new LabelError(
    "family",
    `family must be one of ${families.join(", ")}, or none: current value is ${describeValue(given)}${meant}`,
  );
}

function refuseUnfit(task: LabelledTask, values: LabelValues): void {
  const now = { ...valuesOf(task), ...values };
  if (values.goal && now.family === null) {
    throw new LabelError("goal", `A goal needs a family that can be simulated: set family as well`);
  }
  const found = findTask({ family: now.family ?? undefined, goal: now.goal ?? undefined }, task);
  const isAsked = values.family !== undefined || values.goal !== undefined;
  if (isAsked && "fault" in found) {
    const value = found.of === "goal" ? now.goal : [task.stateDim, task.actionDim];
    throw new LabelError(
      found.of,
      `${found.fault}: current value is ${value === null ? "none" : describeValue(value)}`,
    );
  }
  if (values.return_random === undefined && values.return_final_policy === undefined) return;
  if (now.return_final_policy > now.return_random) return;
  throw new LabelError(
    values.return_final_policy === undefined ? "return_random" : "return_final_policy",
    `return_final_policy scores 100 and return_random 0, so it must be the greater one: current values are ` +
      `${now.return_final_policy} and ${now.return_random}`,
  );
}
