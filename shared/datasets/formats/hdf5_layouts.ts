/**
 * How tools keep episodes apart in HDF5 files: Minari, robomimic and d3rlpy, told by the names at the top.
 * @module
 */
import type { Hdf5Group } from "@cugro/hdf5";
import { DatasetError, type RawDataset } from "../dataset.ts";
import { faultsAt } from "./format_faults.ts";
import { withoutAmbiguousDones } from "./robomimic_dones.ts";

/** One episode's fields: where they lie, and how they are called in messages. */
export interface Episode {
  label: string;
  group: Hdf5Group;
  pathOf(field: string): string;
}

/** How a tool writes episodes. */
export interface Layout {
  origin: string;
  episodes: Episode[];
  /** Field of an episode -> what it is in a dataset. */
  fields: Readonly<Record<string, string>>;
  /** The field that holds one row more than there are steps. */
  statesField: string;
  hasFinalState: boolean;
  /** The field of one flag an episode. */
  endFlag?: string;
  advice?: string;
  /** Changes that need the fields of all episodes. @default none */
  finish?: (arrays: RawDataset["arrays"]) => RawDataset["arrays"];
}

/**
 * The layout of a file that keeps episodes apart; undefined for any other.
 * @param top the root group
 * @param file named in errors
 * @returns that of Minari, robomimic or d3rlpy
 * @throws {DatasetError} where such a file is damaged
 */
export function episodeLayout(top: Hdf5Group, file: string): Layout | undefined {
  return minari(top, file) ?? robomimic(top, file) ?? d3rlpy(top);
}

/** Names with a number in the order of the numbers: `demo_10` follows `demo_9`. */
function numbered(names: readonly string[], prefix: string): string[] {
  const numberOf = (name: string) => {
    const digits = name.startsWith(prefix) ? name.slice(prefix.length) : "";
    return /^\d{1,9}$/.test(digits) ? Number(digits) : NaN;
  };
  return names.map((name) => ({ name, number: numberOf(name) }))
    .filter(({ number }) => !Number.isNaN(number))
    .sort((a, b) => a.number - b.number).map(({ name }) => name);
}

function groupsOf(group: Hdf5Group, names: readonly string[], file: string, above = ""): Episode[] {
  return names.map((name) => {
    const place = { file, field: `${above}${name}` };
    const inner = faultsAt(place, () => group.group(name));
    if (!inner) throw new DatasetError(place, "an episode must be a group");
    return { label: `${above}${name}`, group: inner, pathOf: (field) => field };
  });
}

function minari(top: Hdf5Group, file: string): Layout | undefined {
  const names = top.has("observations") ? [] : numbered(top.names, "episode_");
  if (names.length === 0) return undefined;
  const same = ["observations", "actions", "rewards", "terminations", "truncations"];
  return {
    origin: "a Minari dataset",
    episodes: groupsOf(top, names, file),
    fields: Object.fromEntries(same.map((name) => [name, name])),
    statesField: "observations",
    hasFinalState: true,
  };
}

function robomimic(top: Hdf5Group, file: string): Layout | undefined {
  const data = top.has("data") && !top.has("observations")
    ? faultsAt({ file, field: "data" }, () => top.group("data"))
    : undefined;
  const names = data ? numbered(data.names, "demo_") : [];
  if (!data || names.length === 0) return undefined;
  return {
    origin: "a robomimic dataset",
    episodes: groupsOf(data, names, file, "data/"),
    fields: {
      obs: "observations",
      next_obs: "next_observations",
      actions: "actions",
      rewards: "rewards",
      dones: "terminals",
    },
    statesField: "obs",
    hasFinalState: false,
    finish: withoutAmbiguousDones,
    advice: "a file of simulator states needs robomimic's dataset_states_to_obs.py first",
  };
}

function d3rlpy(top: Hdf5Group): Layout | undefined {
  const isDump = top.has("observations_0") && top.has("terminated_0") && !top.has("observations");
  if (!isDump) return undefined;
  const numbers = numbered(top.names, "observations_").map((name) => name.slice("observations_".length));
  return {
    origin: "a replay buffer that d3rlpy dumped",
    episodes: numbers.map((number) => ({
      label: `episode ${number}`,
      group: top,
      pathOf: (field) => `${field}_${number}`,
    })),
    fields: { observations: "observations", actions: "actions", rewards: "rewards" },
    statesField: "observations",
    hasFinalState: false,
    endFlag: "terminated",
  };
}
