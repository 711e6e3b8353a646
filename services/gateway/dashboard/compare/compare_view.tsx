/**
 * Two learners, or two versions of one, side by side: the same axes, and differences with intervals.
 * @module
 */
import { useEffect } from "preact/hooks";
import { byteSize, describeDrop, duration, figure } from "@cugro/report/words";
import { DataTable } from "../parts/data_table.tsx";
import { Figure } from "../parts/figure.tsx";
import { NothingYet } from "../parts/nothing_yet.tsx";
import { pathOf } from "../state/command_lines.ts";
import type { Query } from "../state/route.ts";
import { compareSides } from "./compared_versions.ts";
import { CompareLines } from "./compare_lines.tsx";
import { SideChoice, type SideName } from "./version_choice.tsx";
import { Differences } from "./difference_list.tsx";
import { type Chosen, fault, type KnownSide, openSides, sides } from "./sides.ts";

/** The view of a comparison. */
export function CompareView({ query }: { query: Query }) {
  const [left, right] = [chosenIn(query, "left"), chosenIn(query, "right")];
  useEffect(() => openSides(left, right), [query.left, query.leftVersion, query.right, query.rightVersion]);
  const known = sides.value;
  return (
    <main id="content">
      <div class="view-head">
        <h1>Compare</h1>
      </div>
      <p class="note">Two learners, or two versions of one. The address of this page keeps what is chosen.</p>
      <div class="sides">
        <SideChoice side="left" chosen={left} known={known.left} />
        <SideChoice side="right" chosen={right} known={known.right} />
      </div>
      {fault.value !== undefined && <NothingYet fault={fault.value} what="the comparison" />}
      {fault.value === undefined && (!left || !right) && <p class="empty">Choose both sides.</p>}
      {fault.value === undefined && left && right && (!known.left || !known.right) && (
        <NothingYet fault={undefined} what="the comparison" />
      )}
      {known.left && known.right && <Comparison left={known.left} right={known.right} query={query} />}
    </main>
  );
}

function chosenIn(query: Query, side: SideName): Chosen | undefined {
  const name = query[side];
  if (!name) return undefined;
  const version = Number(query[`${side}Version`]);
  return { name, version: Number.isInteger(version) && version > 0 ? version : undefined };
}

interface Both {
  left: KnownSide;
  right: KnownSide;
}

function Comparison({ left, right, query }: Both & { query: Query }) {
  const compared = left.version && right.version
    ? compareSides({ ...left, version: left.version }, { ...right, version: right.version })
    : undefined;
  return (
    <div class="figures pair">
      <Figure
        id="differences"
        title="Scores, task by task"
        note="Right less left, with its 90 % interval: of episodes that started alike from their differences, else by resampling both sides."
        source={{
          words:
            "The episodes of both versions' evaluations; intervals are drawn in the page, by the functions that the gate uses.",
          doing: {
            method: "GET",
            path: pathOf(right.learner.name, `/versions/${right.version?.version ?? "VERSION"}`),
            command: ["versions", "--learner", right.learner.name],
          },
        }}
      >
        {compared ? <Differences compared={compared} /> : <p class="empty">A side has no version yet.</p>}
      </Figure>
      <Costs left={left} right={right} />
      <Figure
        id="lines"
        title="Over versions"
        isWide
        source={{
          words: "The results matrices of the valid versions of both learners.",
          doing: { method: "GET", path: pathOf(left.learner.name, "/history") },
        }}
      >
        <CompareLines left={left} right={right} compared={compared} task={query.task} />
      </Figure>
    </div>
  );
}

function Costs({ left, right }: Both) {
  const rows = costRows({ left, right });
  return (
    <Figure
      id="costs"
      title="What they lost, and what they cost"
      source={{
        words: "The status of both learners.",
        doing: {
          method: "GET",
          path: pathOf(left.learner.name),
          command: ["status", "--learner", left.learner.name],
        },
      }}
    >
      <DataTable label="Both sides" heads={["measure", titleOf(left), titleOf(right)]}>
        {rows.map(([name, cellOf]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="user-text">{cellOf(left)}</td>
            <td class="user-text">{cellOf(right)}</td>
          </tr>
        ))}
      </DataTable>
    </Figure>
  );
}

function costRows({ left, right }: Both): readonly (readonly [string, (side: KnownSide) => string])[] {
  return [
    ["mean performance over all versions", ({ learner }) => figure(learner.meanPerformance)],
    ["worst drop of the version", ({ version }) => describeDrop(version?.measures.worstDrop ?? null)],
    ["forgetting of the version", ({ version }) => figure(version?.measures.forgetting)],
    ["backward transfer of the version", ({ version }) => figure(version?.measures.backwardTransfer)],
    ["tasks", ({ learner }) => String(learner.tasks.length)],
    [
      "core time of all work",
      ({ learner }) => duration(learner.work.reduce((sum, { coreSeconds }) => sum + coreSeconds, 0)),
    ],
    ["raw data", ({ learner }) => byteSize(learner.bytes.rawData)],
    ["generators kept in its place", ({ learner }) => byteSize(learner.bytes.generators)],
    ["knobs that differ", (side) => differingKnobs(side, side === left ? right : left)],
  ];
}

function differingKnobs(
  { learner: { config } }: KnownSide,
  { learner: { config: other } }: KnownSide,
): string {
  const differ = Object.entries(config.knobs).filter(([name, value]) =>
    JSON.stringify(value) !== JSON.stringify(other.knobs[name])
  );
  return differ.length === 0
    ? "none"
    : differ.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(", ");
}

/** A side in words. */
function titleOf({ learner, version }: KnownSide): string {
  return version ? `${learner.name}, version ${version.version}` : learner.name;
}
