/**
 * How far the replay of each old task was from its real data, version by version, beside the distance that real data has from itself.
 * @module
 */
import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Fidelity } from "@cugro/client";
import { briefly } from "@cugro/report/words";
import { DataTable } from "../parts/data_table.tsx";
import { JobLink } from "../parts/job_link.tsx";
import { type Chart, LineChart } from "../parts/line_chart.tsx";
import type { Query } from "../state/route.ts";

type Entry = Fidelity["fidelity"][number];

export function ReplayFidelity(
  { learner, fidelity, query }: { learner: string; fidelity: readonly Entry[]; query: Query },
) {
  const measured = fidelity.filter((entry) => ratioOf(entry) !== null);
  const shown = measured.filter(({ task }) => query.task === undefined || String(task) === query.task);
  if (shown.length === 0) {
    return <p class="empty">No replay has been measured {query.task ? "of this task" : "yet"}.</p>;
  }
  return (
    <>
      <LineChart
        label="Distance of each task's replay from its real data, in multiples of the floor, over versions"
        chart={chartOf(shown)}
        look={{ x: "version", y: "times the floor", hasWholeX: true, reaches: [0, 1] }}
      />
      <EachReplay learner={learner} entries={shown} />
    </>
  );
}

/** The newest, told when somebody wants to know: of a long learner there are tens of thousands. */
function EachReplay({ learner, entries }: { learner: string; entries: readonly Entry[] }) {
  const isOpen = useMemo(() => signal(false), []);
  const newest = entries.slice(-SHOWN);
  return (
    <details onToggle={(event) => void (isOpen.value = event.currentTarget.open)}>
      <summary>
        {newest.length < entries.length ? `The last ${SHOWN} of ${entries.length} replays` : "Each replay"}
        {" "}
        with its generation, distance and floor
      </summary>
      {isOpen.value && (
        <DataTable label="Fidelity of each replay" heads={HEADS}>
          {newest.map((entry) => (
            <EntryRow key={`${entry.version} ${entry.task}`} learner={learner} entry={entry} />
          ))}
        </DataTable>
      )}
    </details>
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

function chartOf(entries: readonly Entry[]): Chart {
  const x = [...new Set(entries.map(({ version }) => version))].sort((a, b) => a - b);
  const tasks = [...new Set(entries.map(({ task }) => task))].sort((a, b) => a - b);
  const byPlace = new Map(entries.map((entry) => [`${entry.version} ${entry.task}`, ratioOf(entry)]));
  const lines = tasks.map((task) => ({
    ...{ name: `task ${task}`, colour: task - 1, hasPoints: x.length < 60, isFaint: tasks.length > 8 },
    values: x.map((version) => byPlace.get(`${version} ${task}`) ?? null),
  }));
  const allowedIn = new Map(entries.map(({ version, allowed }) => [version, allowed]));
  const allowed = x.map((version) => allowedIn.get(version)!);
  const highest = [...byPlace.values()].reduce<number>((most, ratio) => Math.max(most, ratio ?? 0), 0);
  // A limit far above all that was seen would press the curves to the floor.
  const isNear = highest * 3 >= Math.min(...allowed);
  const floor = { name: "real data", colour: 7, isDashed: true, values: x.map(() => 1) };
  const limit = { name: "allowed by the gate", colour: 5, isDashed: true, values: allowed };
  return { x, lines: [...lines, floor, ...isNear ? [limit] : []] };
}

function ratioOf(entry: Entry): number | null {
  const [distance, floor] = [number(entry, "slicedWasserstein"), number(entry, "slicedWassersteinFloor")];
  return distance === null || floor === null || floor <= 0 ? null : distance / floor;
}

function number({ fidelity }: Entry, name: string): number | null {
  const value = fidelity[name];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
