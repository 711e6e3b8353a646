/**
 * How far the replay of each old task was from its real data, version by version, beside the distance that real data has from itself.
 * @module
 */
import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Fidelity, History } from "@cugro/client";
import { briefly } from "@cugro/report/words";
import { DataTable } from "../parts/data_table.tsx";
import { JobLink } from "../parts/job_link.tsx";
import { type Chart, LineChart } from "../parts/line_chart.tsx";
import { NothingYet } from "../parts/nothing_yet.tsx";
import { useAnswer } from "../state/use_answer.ts";
import { numbersOf, versionsOf } from "../state/version_history.ts";
import type { Query } from "../state/route.ts";
import { client } from "../state/page_session.ts";

type Entry = Fidelity["fidelity"][number];

export function ReplayFidelity(
  { learner, history, query }: { learner: string; history: History; query: Query },
) {
  const chart = useMemo(() => chartOf(history, query.task), [history, query.task]);
  if (chart.x.length === 0) {
    return <p class="empty">No replay has been measured {query.task ? "of this task" : "yet"}.</p>;
  }
  return (
    <>
      <LineChart
        label="Distance of each task's replay from its real data, in multiples of the floor, over versions"
        chart={chart}
        look={{ x: "version", y: "times the floor", hasWholeX: true, reaches: [0, 1] }}
      />
      <EachReplay learner={learner} history={history} task={query.task} />
    </>
  );
}

interface EachProps {
  learner: string;
  history: History;
  task: string | undefined;
}

/** The newest; fetched on demand, as a long learner has tens of thousands. */
function EachReplay(props: EachProps) {
  const isOpen = useMemo(() => signal(false), []);
  const count = props.history.cells.distance.filter((distance) => distance !== null).length;
  return (
    <details onToggle={(event) => void (isOpen.value = event.currentTarget.open)}>
      <summary>
        {count > SHOWN ? `The last ${SHOWN} of ${count} replays` : "Each replay"}{" "}
        with its generation, distance and floor
      </summary>
      {isOpen.value && <ReplayTable {...props} />}
    </details>
  );
}

function ReplayTable({ learner, history, task }: EachProps) {
  const ask = () => client.value.fidelity(learner, { last: SHOWN });
  const { answer, fault } = useAnswer(ask, [learner, history]);
  if (!answer) return <NothingYet fault={fault} what="the replays" />;
  const shown = answer.filter((entry) => task === undefined || String(entry.task) === task);
  return (
    <DataTable label="Fidelity of each replay" heads={HEADS}>
      {shown.map((entry) => (
        <EntryRow key={`${entry.version} ${entry.task}`} learner={learner} entry={entry} />
      ))}
    </DataTable>
  );
}

const SHOWN = 200;
const HEADS = [
  ...["version", "task", "generation", "sliced Wasserstein", "floor", "times", "MMD", "floor of MMD"],
  "evaluation",
];

function EntryRow({ learner, entry }: { learner: string; entry: Entry }) {
  const { version, task, generation, allowed, job } = entry;
  const times = ratioOf(entry);
  const isBeyond = times !== null && times > allowed;
  return (
    <tr>
      {[version, task, generation].map((value, index) => <td key={index}>{value}</td>)}
      <td>{briefly(number(entry, "slicedWasserstein"))}</td>
      <td>{briefly(number(entry, "slicedWassersteinFloor"))}</td>
      <td class={isBeyond ? "bad" : ""}>
        {briefly(times)}
        {isBeyond ? ` (allowed ${briefly(allowed)})` : ""}
      </td>
      <td>{briefly(number(entry, "mmd"))}</td>
      <td>{briefly(number(entry, "mmdFloor"))}</td>
      <td>
        <JobLink learner={learner} job={job} />
      </td>
    </tr>
  );
}

const MANY_TASKS = 8;
const FEW_VERSIONS = 60;

/** Of the tasks and versions that have a distance. */
function chartOf(history: History, chosen: string | undefined): Chart {
  const all = versionsOf(history);
  const columns = history.tasks.filter(({ task }) => chosen === undefined || String(task) === chosen)
    .map(({ task }) => ({ task, values: numbersOf(history, "distance", task, all) }))
    .filter(({ values }) => values.some((value) => value !== null));
  const versions = all.filter((_, index) => columns.some(({ values }) => values[index] !== null));
  const shown = (values: readonly (number | null)[]) => versions.map(({ row }) => values[row] ?? null);
  const lines = columns.map(({ task, values }) => ({
    ...{ name: `task ${task}`, colour: task - 1, values: shown(values) },
    ...{ hasPoints: versions.length < FEW_VERSIONS, isFaint: columns.length > MANY_TASKS },
  }));
  const allowed = shown(history.versions.allowedDistance);
  const highest = lines.flatMap(({ values }) => values).reduce<number>(
    (most, one) => Math.max(most, one ?? 0),
    0,
  );
  // A limit far above every value would flatten the curves.
  const isNear = highest * 3 >= Math.min(...allowed.filter((one) => one !== null));
  const floor = { name: "real data", colour: 7, isDashed: true, values: versions.map(() => 1) };
  const limit = { name: "allowed by the gate", colour: 5, isDashed: true, values: allowed };
  return { x: versions.map(({ version }) => version), lines: [...lines, floor, ...isNear ? [limit] : []] };
}

function ratioOf(entry: Entry): number | null {
  const [distance, floor] = [number(entry, "slicedWasserstein"), number(entry, "slicedWassersteinFloor")];
  return distance === null || floor === null || floor <= 0 ? null : distance / floor;
}

function number({ fidelity }: Entry, name: string): number | null {
  const value = fidelity[name];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
