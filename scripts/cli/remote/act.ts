/**
 * What a person does to learners through a gateway.
 * @module
 */
import type { PresetName } from "@cugro/algorithm";
import type { Arrival, GatewayClient } from "@cugro/client";
import { printJson, UsageError, wholeNumber } from "../commands/output.ts";
import { parsePreset, parseSettings } from "../commands/settings.ts";
import type { Remote } from "./connect.ts";

interface OperateOptions {
  learner: string;
  reason?: string;
  set?: string[];
}

type Operation = (
  client: GatewayClient,
  learner: string,
  number: number,
  more: { reason?: string; set: string[] },
) => Promise<string>;

const OPERATIONS: Record<"promote" | "rollback" | "retry" | "cancel", Operation> = {
  async promote(client, learner, version, { reason }) {
    await client.versions.promote(learner, version, why(reason));
    return `version ${version} is published`;
  },
  async rollback(client, learner, version, { reason }) {
    const gone = await client.versions.rollback(learner, version, why(reason));
    return gone.length > 0
      ? `withdrawn: ${gone.join(", ")}; version ${version} serves`
      : `version ${version} serves already`;
  },
  async retry(client, learner, task, { reason, set }) {
    return `task ${task}: ${await client.tasks.retry(learner, task, {
      ...why(reason),
      overrides: parseSettings(set),
    })}`;
  },
  async cancel(client, learner, task, { reason }) {
    await client.tasks.cancel(learner, task, why(reason));
    return `task ${task} is stepped over`;
  },
};

function why(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

/** `promote`, `rollback`, `retry`, `cancel` with `--url`. */
export function operate(name: keyof typeof OPERATIONS) {
  const what = name === "promote" || name === "rollback" ? "<version>" : "<task>";
  return async (
    { client }: Remote,
    text: string,
    { learner, reason, set = [] }: OperateOptions,
  ): Promise<void> => {
    const more = { set, ...why(reason) };
    console.log(await OPERATIONS[name](client, learner, wholeNumber(what, 1)(text), more));
  };
}

/** `learner create --url`. */
export async function createLearner(
  { client }: Remote,
  name: string,
  { preset, set, seed }: { preset: string; set: string[]; seed: number },
): Promise<void> {
  await client.learners.create({
    name,
    seed,
    preset: parsePreset(preset) as PresetName,
    overrides: parseSettings(set),
  });
  console.log(`${name} is made`);
}

/** `learner delete --url`. */
export async function deleteLearner(
  { client, url }: Remote,
  name: string,
  { yes }: { yes?: boolean },
): Promise<void> {
  if (!yes && !confirm(`Delete the learner ${name} at ${url} for ever?`)) {
    throw new UsageError("Not deleted; --yes answers the question");
  }
  await client.learners.delete(name);
  console.log(`${name} is deleted; its name is not used again`);
}

/** `add --url`. */
export async function add(
  { client }: Remote,
  paths: string[],
  { learner }: { learner: string },
): Promise<void> {
  await upload(client, learner, paths);
}

/** Hands files over, one after the other: their order is that of the tasks. */
export async function upload(
  client: GatewayClient,
  learner: string,
  paths: readonly string[],
): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  for (const path of paths) {
    const arrival = await client.tasks.uploadFile(learner, path);
    arrivals.push(arrival);
    console.error(arrival.added ? `${path}: handed to ${learner}` : `${path}: ${learner} has it already`);
  }
  return arrivals;
}

/** `act --url`. `request` has been checked. */
export async function act(
  { client }: Remote,
  learner: string,
  request: Parameters<GatewayClient["act"]>[1],
): Promise<void> {
  printJson(await client.act(learner, request));
}
