/**
 * Where states of a task come from: real rows, pseudo-samples of each generation, a policy that acts.
 * @module
 */
import type { Memory, MemoryRows } from "@cugro/client";
import { openShownWorld } from "@cugro/environments/shown";
import { openPlayer } from "../robots/player.ts";
import { client } from "../state/page_session.ts";

/** States of one origin. */
export interface Origin {
  /** In the address. */
  key: string;
  name: string;
  /** Which of the page's lines colours it. */
  colour: number;
  states: readonly (readonly number[])[];
  quantiles: MemoryRows["quantiles"];
  rows: number;
}

/** Rows of one origin that are shown. */
const SHOWN = 160;
/** The colour of real rows, and that of policies. */
const REAL = 7;
const POLICY = 5;

/** The versions whose pseudo-samples are shown when nothing was chosen: the first and the last. */
export function usualVersions({ generations }: Memory): number[] {
  const versions = generations.map(({ version }) => version);
  return [...new Set([versions[0], versions.at(-1)].filter((version) => version !== undefined))];
}

/** Real rows that still exist. */
export async function realOrigin(learner: string, task: number): Promise<Origin> {
  const { states, quantiles, rows } = await client.value.tasks.rows(learner, task, { rows: SHOWN });
  return { key: "real", name: "real rows", colour: REAL, states, quantiles, rows };
}

/** Pseudo-samples as a version's generators make them. */
export async function pseudoOrigin(
  learner: string,
  { task, generations }: Memory,
  version: number,
): Promise<Origin> {
  const { states, quantiles, rows } = await client.value.tasks.pseudoRows(learner, task, version, {
    rows: SHOWN,
  });
  const index = generations.findIndex((one) => one.version === version);
  const name = `generation ${generations[index]?.generation ?? "?"}, of version ${version}`;
  return { key: String(version), name, colour: Math.max(0, index) % POLICY, states, quantiles, rows };
}

/** States that a version's policy visits in one episode here. @throws Error where it does not act in this page */
export async function policyOrigin(learner: string, task: number, version: number): Promise<Origin> {
  const player = await openPlayer({ learner, version, task, by: undefined });
  const world = await openShownWorld(player.spec);
  try {
    world.reset(0);
    const states: number[][] = [];
    for (let step = 0; step < world.horizon; step++) {
      const state = world.observe();
      states.push([...state]);
      if (world.step(await player.act(state, step)).end) break;
    }
    return {
      ...{ key: "policy", name: `visited by version ${version}`, colour: POLICY },
      ...{ states, quantiles: null, rows: states.length },
    };
  } finally {
    player.close();
    world.close();
  }
}
