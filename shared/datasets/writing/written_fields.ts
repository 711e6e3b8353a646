/**
 * A dataset as files hold it: D4RL's names, one array each, and the attributes beside them. The same in every format.
 * @module
 */
import type { Dataset } from "../dataset.ts";

/** Where written bytes go, piece by piece; a piece is not used after the call. */
export type Sink = (piece: Uint8Array) => void | Promise<void>;

/** How writing goes on. */
export interface WriteOptions {
  /** Further attributes of the file, e.g. how it was collected. */
  attributes?: Record<string, string | number>;
  /** Called with the share that is written, from 0 to 1. */
  onProgress?: (share: number) => void;
}

/** One array `[N]` or `[N, width]`. */
export interface WrittenField {
  name: string;
  data: Float32Array | Int32Array | Uint8Array;
  /** Numbers a row. */
  width: number;
  /** Whether a row is a list, also where it has one number. */
  isMatrix: boolean;
  /** Whether it holds 0 and 1 that mean no and yes. */
  isFlag: boolean;
}

/** More classes than an attribute may tell are written as one-hot rows, which tell them by themselves. */
const MOST_CLASSES = 1024;

/**
 * The fields, in the order in which they are written.
 *
 * @param dataset in memory
 * @returns matrices of `[N, S]` and `[N, A]`, discrete actions as `[N]` of numbers
 */
export function fieldsOf(dataset: Dataset): WrittenField[] {
  const { stateDim, states, rewards, nextStates, terminals, timeouts, success } = dataset;
  const matrix = (name: string, data: WrittenField["data"], width: number): WrittenField => (
    { name, data, width, isMatrix: true, isFlag: false }
  );
  const flag = (name: string, data: Uint8Array): WrittenField => (
    { name, data, width: 1, isMatrix: false, isFlag: true }
  );
  const classes = classesOf(dataset);
  return [
    matrix("observations", states, stateDim),
    classes
      ? { name: "actions", data: classes, width: 1, isMatrix: false, isFlag: false }
      : matrix("actions", actionsOf(dataset), dataset.actionDim),
    { name: "rewards", data: rewards, width: 1, isMatrix: false, isFlag: false },
    matrix("next_observations", nextStates, stateDim),
    flag("terminals", terminals),
    flag("timeouts", timeouts),
    ...(success ? [flag("success", success)] : []),
  ];
}

/** Discrete actions are written as the numbers of those that were taken, as other tools expect them; undefined for others. */
function classesOf(
  { metadata: { discreteActions }, actions, actionDim, size }: Dataset,
): Int32Array | undefined {
  if (discreteActions === undefined || discreteActions > MOST_CLASSES) return undefined;
  return Int32Array.from(
    { length: size },
    (_, row) => actions.subarray(row * actionDim, (row + 1) * actionDim).indexOf(1),
  );
}

/** One-hot rows as whole numbers, so that they are told from a continuous action. */
function actionsOf({ metadata: { discreteActions }, actions }: Dataset): Float32Array | Uint8Array {
  return discreteActions === undefined ? actions : Uint8Array.from(actions);
}

/**
 * The attributes, under the names that readers know.
 *
 * @param further attributes that are written as well
 * @param dataset its metadata
 * @returns values by name; those that are not known are left out
 */
export function attributesOf(
  { metadata }: Dataset,
  further: Record<string, string | number> = {},
): Record<string, string | number | number[]> {
  const { env, family, goal, horizon, returnRandom, returnFinalPolicy, actionLimit, environment } = metadata;
  const { discreteActions = Infinity, reward } = metadata;
  const all = {
    env,
    family,
    horizon,
    return_random: returnRandom,
    return_final_policy: returnFinalPolicy,
    action_limit: actionLimit,
    environment: environment && JSON.stringify(environment),
    discrete_actions: discreteActions > MOST_CLASSES ? undefined : discreteActions,
    reward_rule: reward,
    ...further,
    goal,
  };
  const known = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as Record<string, string | number | number[]>;
}

/**
 * The attributes as texts: numbers and lists in JSON notation, and texts too that would else be read as such.
 *
 * @param attributes by name
 * @returns texts by name
 */
export function textsOf(attributes: ReturnType<typeof attributesOf>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === "string" && !isJson(value) ? value : JSON.stringify(value),
    ]),
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
