/**
 * One row of the results matrix.
 * @module
 */
import { briefly, figure } from "@cugro/report/words";
import { StateMark } from "../parts/state_mark.tsx";
import { toEvaluation, toLearner } from "../state/route.ts";
import { heatOf, type MatrixCell, type MatrixRow } from "./matrix_rows.ts";

/** @param index its place among all rows */
export function Row({ learner, index, row }: { learner: string; index: number; row: MatrixRow }) {
  const { version, learnt, state, average, cells } = row;
  return (
    <tr class={version === null ? "pending" : ""} aria-rowindex={index + 2}>
      <th scope="row">
        {version === null
          ? <span tabIndex={-1} data-at={`${index} -1`}>next</span>
          : (
            <a href={toLearner(learner, "versions", version)} tabIndex={-1} data-at={`${index} -1`}>
              version {version}
            </a>
          )}
        <small>learns task {learnt}</small>
        <StateMark state={state} />
      </th>
      <td class="average">{figure(average)}</td>
      {cells.map((cell, column) => (
        <Cell
          key={cell.task}
          cell={cell}
          at={`${index} ${column}`}
          isLearnt={cell.task === learnt}
          href={hrefOf(learner, version, cell)}
        />
      ))}
    </tr>
  );
}

/** The evaluation that a cell is from. */
function hrefOf(learner: string, version: number | null, { task, job }: MatrixCell): string | undefined {
  if (job !== null) return toLearner(learner, "jobs", job);
  return version === null ? undefined : toEvaluation(learner, version, task);
}

interface CellProps {
  cell: MatrixCell;
  /** Its row and column. */
  at: string;
  isLearnt: boolean;
  href: string | undefined;
}

function Cell({ cell, at, isLearnt, href }: CellProps) {
  if (cell.state === "none") {
    return (
      <td class="nothing">
        <span tabIndex={-1} data-at={at}>
          <span aria-hidden="true">·</span>
          <span class="unseen">not known to it</span>
        </span>
      </td>
    );
  }
  if (cell.state === "waiting") {
    return (
      <td class="waiting">
        <span tabIndex={-1} data-at={at}>waits</span>
      </td>
    );
  }
  const { score, value, low, high, episodes, drop, isSure } = cell;
  const heat = score === null ? "heat-none" : `heat-${heatOf(score)}`;
  const text = (
    <>
      <b>{score === null ? briefly(value) : figure(score)}</b>
      <small>{describe(cell)}</small>
      {drop !== null && <span class="drop">▼ {figure(drop)}{isSure ? "" : "?"}</span>}
    </>
  );
  const title = `${
    low === null ? "" : `90 % interval ${figure(low)} … ${figure(high)}, `
  }${episodes} episodes`;
  return (
    <td class={`${heat}${isLearnt ? " learnt" : ""}`} title={title}>
      {href === undefined
        ? <span tabIndex={-1} data-at={at}>{text}</span>
        : <a href={href} tabIndex={-1} data-at={at}>{text}</a>}
    </td>
  );
}

function describe({ score, low, high, episodes, estimate }: MatrixCell): string {
  if (score === null) return estimate === null ? "value" : `estimated ${figure(estimate)}`;
  return low === null ? `n = ${episodes}` : `${figure(low)} … ${figure(high)}`;
}
