/**
 * A table of both sides' scores, task by task, and of how far they differ.
 * @module
 */
import { describeInterval, figure } from "@cugro/report/words";
import { DataTable } from "../parts/data_table.tsx";
import type { Compared, ComparedTask, Difference } from "./compared_versions.ts";

const HEADS = ["task", "difference", "90 % interval", "episodes", "left", "right"];

export function Differences({ compared: { both, average, onlyLeft, onlyRight } }: { compared: Compared }) {
  return (
    <>
      {both.length === 0 && <p class="empty">They have no task in common.</p>}
      {both.length > 0 && (
        <DataTable label="Differences" heads={HEADS} foot={average && <AverageRow average={average} />}>
          {both.map((one) => <Row key={`${one.left} ${one.right}`} task={one} />)}
        </DataTable>
      )}
      {[["left", onlyLeft], ["right", onlyRight]].map(([side, tasks]) =>
        tasks!.length > 0 && (
          <p key={side as string} class="note user-text">
            Only {side} has {(tasks as readonly string[]).join(", ")}.
          </p>
        )
      )}
    </>
  );
}

function Row({ task: { left, right, name, cells, difference } }: { task: ComparedTask }) {
  return (
    <tr>
      <th scope="row" class="user-text">
        {left === right ? `task ${left}` : `task ${left} | ${right}`}: {name}
      </th>
      <DifferenceCells difference={difference} />
      <ScoreCell cell={cells.left} />
      <ScoreCell cell={cells.right} />
    </tr>
  );
}

function ScoreCell({ cell }: { cell: ComparedTask["cells"]["left"] }) {
  if (cell === undefined || cell.meanScore === null) return <td>–</td>;
  return (
    <td class="score">
      {figure(cell.meanScore)} <small>{describeInterval(cell)}</small>
    </td>
  );
}

function AverageRow({ average: { left, right, difference } }: { average: NonNullable<Compared["average"]> }) {
  return (
    <tr>
      <th scope="row">average</th>
      <DifferenceCells difference={difference} />
      <td>{figure(left)}</td>
      <td>{figure(right)}</td>
    </tr>
  );
}

function DifferenceCells({ difference }: { difference: Difference | null }) {
  if (!difference) {
    return (
      <>
        <td>–</td>
        <td>–</td>
        <td>–</td>
      </>
    );
  }
  const { mean, interval, isPaired } = difference;
  const [low, high] = interval ?? [null, null];
  const isSure = low !== null && high !== null && low * high > 0;
  return (
    <>
      <td class={isSure ? (mean > 0 ? "better" : "worse") : ""}>
        {mean > 0 ? "+" : ""}
        {figure(mean)}
        {isSure ? "" : " ?"}
      </td>
      <td>{low === null ? "too few episodes" : `${figure(low)} … ${figure(high)}`}</td>
      <td>{isPaired ? "started alike" : "independent"}</td>
    </>
  );
}
