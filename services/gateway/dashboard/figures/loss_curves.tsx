/**
 * Losses of trainings: live for running ones, from artifacts for finished ones.
 * @module
 */
import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import uPlot from "uplot";
import type { Curves, JobSummary } from "@cugro/client";
import { type Chart, LineChart } from "../parts/line_chart.tsx";
import { beat, live } from "../state/live_learner.ts";
import { client } from "../state/page_session.ts";
import { nameOfKind } from "./job_groups.ts";

/** Losses read from artifacts, by job. They never change. */
const stored = signal<ReadonlyMap<string, Curves["curves"]>>(new Map());
const asked = new Set<string>();

async function readStored(learner: string, job: string): Promise<void> {
  if (asked.has(job)) return;
  asked.add(job);
  try {
    const { curves, source } = await client.value.jobs.curves(learner, job);
    if (source === "artifact") stored.value = new Map([...stored.value, [job, curves]]);
    else asked.delete(job);
  } catch {
    // Asked again with the next news.
    asked.delete(job);
  }
}

/** One chart for each kind of training. */
export function LossCurves({ learner, jobs }: { learner: string; jobs: readonly JobSummary[] }) {
  const trainings = jobs.filter(({ steps }) => steps !== null);
  useEffect(() => {
    for (const { id, state } of trainings) if (state === "done") void readStored(learner, id);
  }, [jobs]);
  const kinds = [...new Set(trainings.map(({ kind }) => kind))];
  const shown = kinds.flatMap((kind) => {
    const chart = chartOf(trainings.filter((job) => job.kind === kind));
    return chart ? [{ kind, chart }] : [];
  });
  if (shown.length === 0) return <p class="empty">No training has begun.</p>;
  return (
    <div class="charts">
      {shown.map(({ kind, chart }) => (
        <div key={kind}>
          <h3>{nameOfKind(kind)}</h3>
          <LineChart
            label={`Loss of: ${nameOfKind(kind)}, over steps`}
            chart={chart}
            look={{ x: "step", y: "loss", height: 200, isLogarithmic: isPositive(chart) }}
          />
        </div>
      ))}
    </div>
  );
}

/** All curves of one job. */
export function JobCurves({ learner, job }: { learner: string; job: JobSummary }) {
  useEffect(() => {
    if (job.state === "done") void readStored(learner, job.id);
  }, [job]);
  const kept = stored.value.get(job.id);
  const received = kept ? 0 : beat.value;
  // An artifact never changes, so a long curve is drawn once, however often there is news.
  const chart = useMemo(() => {
    const curves = kept ?? receivedCurves(job);
    return curves.length === 0
      ? undefined
      : joined(curves.map((curve, index) => ({ ...curve, colour: index })));
  }, [job.id, kept, received]);
  if (!chart) return <p class="empty">No losses are known yet.</p>;
  return (
    <LineChart
      label={`Losses of ${job.label}, over steps`}
      chart={chart}
      look={{ x: "step", y: "loss", isLogarithmic: isPositive(chart) }}
    />
  );
}

function receivedCurves({ id }: JobSummary): Curves["curves"] {
  const { steps, values } = live().losses(id);
  return steps.length === 0 ? [] : [{ name: "loss", steps, values }];
}

function chartOf(jobs: readonly JobSummary[]): Chart | undefined {
  beat.value;
  const curves = jobs.flatMap((job) => {
    const known = stored.value.get(job.id) ?? receivedCurves(job);
    const loss = known.find(({ name }) => name === "loss") ?? known[0];
    return loss && loss.steps.length > 0
      ? [{ ...loss, name: `task ${job.task}`, colour: (job.task ?? 1) - 1 }]
      : [];
  });
  return curves.length === 0 ? undefined : joined(curves);
}

function joined(curves: readonly (Curves["curves"][number] & { colour: number })[]): Chart {
  const x = curves[0]!.steps;
  if (curves.every(({ steps }) => isSame(steps, x))) {
    return { x, lines: curves.map(({ name, colour, values }) => ({ name, colour, values })) };
  }
  return joinedByStep(curves);
}

/** Losses of one training are of the same steps: a million of them need not be sorted into each other. */
function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one === other || (one.length === other.length && one.every((step, index) => step === other[index]));
}

function joinedByStep(curves: readonly (Curves["curves"][number] & { colour: number })[]): Chart {
  const [x, ...values] = uPlot.join(curves.map(({ steps, values }) => [steps, values] as uPlot.AlignedData));
  return {
    x: x as number[],
    lines: curves.map(({ name, colour }, index) => ({
      ...{ name, colour },
      values: values[index] as (number | null)[],
    })),
  };
}

function isPositive({ lines }: Chart): boolean {
  return lines.every(({ values }) =>
    values.every((value) => value === null || value === undefined || value > 0)
  );
}
