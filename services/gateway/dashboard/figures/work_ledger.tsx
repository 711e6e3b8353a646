/**
 * The ledger of work: core-seconds of each kind of job, task by task.
 * @module
 */
import type { Learner } from "@cugro/client";
import { duration } from "@cugro/report/words";
import { DataTable } from "../parts/data_table.tsx";
import { nameOfKind } from "./job_groups.ts";

export function WorkLedger({ work }: { work: Learner["work"] }) {
  if (work.length === 0) return <p class="empty">No job is done yet.</p>;
  const kinds = [...new Set(work.map(({ kind }) => kind))];
  const tasks = [...new Set(work.map(({ task }) => task))].sort((a, b) => (a ?? 0) - (b ?? 0));
  const of = (task: number | null, kind?: string) =>
    work.filter((one) => one.task === task && (kind === undefined || one.kind === kind))
      .reduce((sum, { coreSeconds }) => sum + coreSeconds, 0);
  const total = (kind?: string) => tasks.reduce<number>((sum, task) => sum + of(task, kind), 0);
  const shown = (seconds: number) => seconds === 0 ? "–" : duration(seconds);
  return (
    <DataTable
      label="Ledger of core-seconds"
      kind="ledger"
      heads={["learning", ...kinds.map(nameOfKind), "together"]}
      foot={
        <tr>
          <th scope="row">together</th>
          {kinds.map((kind) => <td key={kind}>{shown(total(kind))}</td>)}
          <td>{shown(total())}</td>
        </tr>
      }
    >
      {tasks.map((task) => (
        <tr key={task ?? 0}>
          <th scope="row">{task === null ? "files" : `task ${task}`}</th>
          {kinds.map((kind) => <td key={kind}>{shown(of(task, kind))}</td>)}
          <td>{shown(of(task))}</td>
        </tr>
      ))}
    </DataTable>
  );
}
