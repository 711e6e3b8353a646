/**
 * Reads HDF5: in the D4RL layout, where all fields lie at the top, or with every episode apart (`hdf5_episodes.ts`). Only known
 * fields and attributes are read, and all fields are judged before the first is read.
 * @module
 */
import { type ByteSource, type FieldPlan, type Hdf5Group, openHdf5 } from "@cugro/hdf5";
import { DatasetError, type RawArray, type RawDataset } from "../dataset.ts";
import { ATTRIBUTE_NAMES, FLAG_NAMES } from "../field_names.ts";
import type { Notice } from "../notice.ts";
import { unpackedLimit } from "../read_limits.ts";
import { faultsAt } from "./format_faults.ts";
import { readEpisodes } from "./hdf5_episodes.ts";
import { episodeLayout } from "./hdf5_layouts.ts";
import { limitOfActions } from "./minari_texts.ts";
import { type Budget, hasMember, type Member, planMember, valuesOf } from "./hdf5_members.ts";

const KNOWN_ATTRIBUTES: ReadonlySet<string> = new Set(ATTRIBUTE_NAMES);

/**
 * Reads the wanted fields, and the known attributes.
 *
 * @param source the file; of one that does not lie in memory, values are read when they are asked for
 * @param file name used in errors
 * @param wanted names of fields, or paths through groups (`infos/qpos`); others are not opened
 * @returns arrays by name, known attributes, and what else the file shows
 * @throws {DatasetError} naming the field that is damaged, lies in other files, was never written, or is no numbers
 */
export function readHdf5(source: ByteSource, file: string, wanted: ReadonlySet<string>): RawDataset {
  return faultsAt({ file }, () => {
    const top = openHdf5(source);
    const budget = { left: unpackedLimit(source.size), byRanges: !source.inMemory };
    const attributes = readAttributes(top, file);
    const layout = episodeLayout(top, file);
    const raw = layout ? readEpisodes(layout, file, budget, wanted) : readFields(top, budget, file, wanted);
    const origin = raw.origin ?? whatElse(source, top, wanted);
    return { ...raw, attributes, ...(origin === undefined ? {} : { origin }) };
  });
}

/** Files whose fields are told by nothing but a map, or lie the wrong way round. */
function whatElse(source: ByteSource, top: Hdf5Group, wanted: ReadonlySet<string>): string | undefined {
  const isTianshou = ["obs", "act", "rew", "terminated"].every(top.has) && wanted.has("observations");
  if (isTianshou) {
    return "a buffer of Tianshou: tell its fields with --map observations=obs --map next_observations=obs_next " +
      "--map actions=act --map rewards=rew, and --environments for a buffer of several";
  }
  const isMatlab = new TextDecoder("latin1").decode(source.read(0, 10)) === "MATLAB 7.3";
  return isMatlab ? "a MATLAB file, in which a matrix lies transposed: save [columns, rows]" : undefined;
}

type Planned = { plan: FieldPlan } | { member: Member };

function readFields(
  top: Hdf5Group,
  budget: Budget,
  file: string,
  wanted: ReadonlySet<string>,
): Omit<RawDataset, "attributes"> {
  const names = [...top.names.filter((name) => wanted.has(name)), ...pathsIn(top, wanted)];
  const plans = names.map((field): [string, Planned] => [field, planAtTop(top, field, file, budget)]);
  const arrays: Record<string, RawArray> = {};
  const notices: Notice[] = [];
  for (const [field, planned] of plans) {
    if ("member" in planned) {
      const { rows, width, data, integer } = planned.member.read();
      arrays[field] = { shape: [rows, width], data, integer };
      continue;
    }
    const { plan } = planned;
    if (plan.isEmpty) notices.push(neverWritten(field, file));
    const place = { file, field };
    const data = budget.byRanges ? valuesOf(plan, place, true) : faultsAt(place, () => plan.read());
    arrays[field] = { shape: plan.shape, data, integer: plan.isInteger };
  }
  return { arrays, present: top.names, notices };
}

/** Wanted fields inside groups. */
function pathsIn(top: Hdf5Group, wanted: ReadonlySet<string>): string[] {
  return [...wanted].filter((path) => path.includes("/") && hasMember(top, path));
}

function planAtTop(top: Hdf5Group, field: string, file: string, budget: Budget): Planned {
  const place = { file, field };
  if (field.includes("/") || faultsAt(place, () => top.group(field))) {
    return { member: planMember(top, field, place, budget) };
  }
  const plan = faultsAt(place, () => top.plan(field, budget.left));
  budget.left -= plan.unpackedBytes;
  return { plan };
}

/** Flags that nobody wrote are zeros that somebody may have meant; measurements that nobody made are not. */
function neverWritten(field: string, file: string): Notice {
  if (!FLAG_NAMES.includes(field)) {
    throw new DatasetError({ file, field }, "none of its values was ever written: write them");
  }
  return {
    code: "values-never-written",
    field,
    message: `no value of ${field} was ever written; all are taken for 0`,
    advice: `write ${field}, also where all are 0, or leave the field out`,
  };
}

function readAttributes({ attributes }: Hdf5Group, file: string): Record<string, unknown> {
  const known = attributes.filter(({ name }) => KNOWN_ATTRIBUTES.has(name));
  const { action_space: space, ...others }: Record<string, unknown> = Object.fromEntries(
    known.map(({ name, read }) => [name, faultsAt({ file, field: `@${name}` }, read)]),
  );
  return { ...limitOfActions(space), ...others };
}
