/**
 * HDF5 files that keep every episode apart: Minari's, robomimic's and those that d3rlpy dumps. Told by the names at the top.
 *
 * Of each layout only the names of the fields of an episode differ, what its observations are, and who says how it ended.
 * @module
 */
import { valuesIn } from "@cugro/hdf5";
import { DatasetError, type RawDataset } from "../dataset.ts";
import { FIELD_NAMES } from "../field_names.ts";
import { type Budget, hasMember, type Member, planMember } from "./hdf5_members.ts";
import { addRows, arrayOf, type Matrix, nextOf, openStack, type Stack } from "./matrix.ts";
import type { Episode, Layout } from "./hdf5_layouts.ts";

/** Roles of fields that are as they are in every layout. */
const PLAIN: readonly string[] = ["mask", "success"];

/** Fields besides those of the layout; known names are its own to say, robomimic's `states` are the simulator's. */
function furtherFields(wanted: ReadonlySet<string>): string[] {
  const known = Object.entries(FIELD_NAMES).filter(([role, [array]]) =>
    wanted.has(array) && !PLAIN.includes(role)
  );
  const names = new Set<string>(known.flatMap(([, names]) => names));
  return [...wanted].filter((name) => !names.has(name));
}

interface PlannedEpisode {
  label: string;
  steps: number;
  members: Record<string, Member>;
}

/**
 * Reads the episodes one after the other.
 * @param layout with the episodes' groups
 * @param file named in errors
 * @param budget bytes that may still be unpacked
 * @param wanted further fields of an episode, by their paths
 * @returns arrays of all episodes, one behind the other
 * @throws {DatasetError} naming the episode's field
 */
export function readEpisodes(
  layout: Layout,
  file: string,
  budget: Budget,
  wanted: ReadonlySet<string>,
): Pick<RawDataset, "arrays" | "present" | "origin"> {
  const present = presentIn(layout);
  const own = Object.entries(layout.fields).filter(([, array]) => wanted.has(array));
  const fields = {
    ...Object.fromEntries(furtherFields(wanted).map((name) => [name, name])),
    ...Object.fromEntries(own),
  };
  const first = layout.episodes[0]!;
  const has = (name: string) => hasMember(first.group, first.pathOf(name));
  const used = Object.keys(fields).filter(has);
  const lacking = ["actions", ...fields[layout.statesField] ? [layout.statesField] : []].find((name) =>
    !has(name)
  );
  if (lacking !== undefined) {
    const advice = layout.advice === undefined ? "" : `; ${layout.advice}`;
    const fault = `the field is missing; fields present are ${present.join(", ")}${advice}`;
    throw new DatasetError({ file, field: `${first.label}/${lacking}` }, fault);
  }
  const planned = layout.episodes.map((episode) => planEpisode(layout, episode, used, file, budget));
  const stacks: Record<string, Stack> = { episode_id: openStack(true) };
  const stackOf = (name: string, member: Member) => stacks[name] ??= openStack(member.shape?.length === 1);
  for (const [number, { label, steps, members }] of planned.entries()) {
    addRows(stacks.episode_id!, constant(steps, number), { file, field: label });
    for (const [name, member] of Object.entries(members)) {
      const place = { file, field: `${label}/${name}` };
      addField(layout, { name, to: fields[name] ?? "terminals", member, steps, place }, stackOf);
    }
  }
  const arrays = Object.fromEntries(Object.entries(stacks).map(([name, stack]) => [name, arrayOf(stack)]));
  return { arrays: layout.finish?.(arrays) ?? arrays, present, origin: layout.origin };
}

/** Fields of the first episode, as they are called in every one. */
function presentIn({ episodes: [first], fields, endFlag }: Layout): string[] {
  if (endFlag === undefined) return first!.group.names.slice(0, 40);
  return [...Object.keys(fields), endFlag].filter((name) => first!.group.has(first!.pathOf(name)));
}

function planEpisode(
  { statesField, hasFinalState, endFlag, fields }: Layout,
  { label, group, pathOf }: Episode,
  used: readonly string[],
  file: string,
  budget: Budget,
): PlannedEpisode {
  const plan = (name: string) => {
    const place = { file, field: `${label}/${name}` };
    if (!hasMember(group, pathOf(name))) {
      throw new DatasetError(place, "the field is missing, and other episodes have it");
    }
    return planMember(group, pathOf(name), place, budget);
  };
  const names = endFlag === undefined ? used : [...used, endFlag];
  const members = Object.fromEntries(names.map((name) => [name, plan(name)]));
  // They count the steps, also where other fields stand for them.
  const steps = (members.actions ?? plan("actions")).rows;
  if (steps === 0) throw new DatasetError({ file, field: label }, "the episode has no steps: leave it out");
  for (const [name, { rows }] of Object.entries(members)) {
    const expected = name === endFlag ? 1 : name === statesField && hasFinalState ? steps + 1 : steps;
    const mayHaveFinal = hasFinalState && !Object.hasOwn(fields, name) && rows === steps + 1;
    if (rows === expected || mayHaveFinal) continue;
    const final = expected > steps ? " (the state after the last step is one of them)" : "";
    const fault = `it must have ${expected} rows${final}, as the episode has ${steps} actions`;
    throw new DatasetError({ file, field: `${label}/${name}`, value: rows }, fault);
  }
  return { label, steps, members };
}

interface FieldOfEpisode {
  name: string;
  to: string;
  member: Member;
  steps: number;
  place: { file: string; field: string };
}

function addField(
  { statesField, hasFinalState, endFlag }: Layout,
  { name, to, member, steps, place }: FieldOfEpisode,
  stackOf: (name: string, member: Member) => Stack,
): void {
  const matrix = member.read();
  if (name === endFlag) {
    const flags = constant(steps, 0, valuesIn(matrix.data).read(0, 1)[0]!);
    addRows(stackOf(to, { ...member, shape: [steps] }), flags, place);
    return;
  }
  addRows(stackOf(to, member), matrix, place, 0, steps);
  if (hasFinalState && matrix.rows === steps + 1) {
    const next = name === statesField ? "next_observations" : nextOf(name);
    addRows(stackOf(next, member), matrix, place, 1, steps + 1);
  }
}

/** One number in all rows, and perhaps another in the last one. */
function constant(rows: number, value: number, last = value): Matrix {
  const read = (from: number, to: number) => {
    const block = new Float64Array(to - from).fill(value);
    if (from < to && to === rows) block[to - from - 1] = last;
    return block;
  };
  return { rows, width: 1, data: { length: rows, type: Float64Array, read }, integer: true };
}
