/**
 * Work on the task that is being learnt: kinds of jobs in order of dependency, each with its progress.
 * @module
 */
import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { JobSummary } from "@cugro/client";
import { duration } from "@cugro/report/words";
import type { KeptProgress } from "../../live/progress_memory.ts";
import { Meter } from "../parts/meter.tsx";
import { StateMark } from "../parts/state_mark.tsx";
import { beat, live } from "../state/live_learner.ts";
import { addressOf, toLearner } from "../state/route.ts";
import { groupJobs, type JobGroup } from "./job_groups.ts";

/** Of cards and between them, in root em: they grow with the text. */
const SIZES = { width: 13.25, height: 8.6, gapX: 2.75, gapY: 0.9 };
/** A job without progress for this long (ms) is not shown as running. */
const SILENT_MS = 20_000;

/** Cards shrink at most by this factor, to have all in view. */
const NARROWEST = 0.72;

export function JobGraph({ learner, jobs }: { learner: string; jobs: readonly JobSummary[] }) {
  const room = useRef<HTMLDivElement>(null);
  const groups = groupJobs(jobs);
  const columns = Math.max(...groups.map(({ column }) => column)) + 1;
  const size = fitting(inPixels(), columns, useWidth(room));
  const placed = place(groups, size);
  const rows = Math.max(...placed.map(({ row }) => row)) + 1;
  const [width, height] = [
    columns * (size.width + size.gapX) - size.gapX,
    rows * (size.height + size.gapY) - size.gapY,
  ];
  return (
    <div class="graph-room" ref={room}>
      <div class="graph" style={{ width: `${width}px`, height: `${height}px` }}>
        <svg width={width} height={height} aria-hidden="true" focusable="false">
          {placed.flatMap((to) =>
            placed.filter(({ group }) => to.group.needs.includes(group.kind)).map((from) => (
              <path key={`${from.group.kind} ${to.group.kind}`} d={curve(from, to, size)} />
            ))
          )}
        </svg>
        <ol>
          {placed.map(({ group, x, y }) => (
            <li
              key={group.kind}
              style={{ left: `${x}px`, top: `${y}px`, width: `${size.width}px`, height: `${size.height}px` }}
            >
              <GroupCard learner={learner} group={group} />
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}

interface Placed {
  group: JobGroup;
  row: number;
  x: number;
  y: number;
}

type Sizes = typeof SIZES;

function inPixels(): Sizes {
  const em = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  return Object.fromEntries(Object.entries(SIZES).map(([name, size]) => [name, size * em])) as Sizes;
}

/** Narrower where there is less room. */
function fitting(size: Sizes, columns: number, room: number): Sizes {
  const wanted = columns * (size.width + size.gapX) - size.gapX;
  const share = room > 0 ? Math.min(1, Math.max(NARROWEST, room / wanted)) : 1;
  return { ...size, width: size.width * share, gapX: size.gapX * share };
}

/** Of an element, also when it changes; 0 until it is known. */
function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const host = element.current!;
    const observer = new ResizeObserver(() => setWidth(host.clientWidth));
    observer.observe(host);
    setWidth(host.clientWidth);
    return () => observer.disconnect();
  }, []);
  return width;
}

function place(groups: readonly JobGroup[], { width, height, gapX, gapY }: Sizes): Placed[] {
  const filled = new Map<number, number>();
  return groups.map((group) => {
    const row = filled.get(group.column) ?? 0;
    filled.set(group.column, row + 1);
    return { group, row, x: group.column * (width + gapX), y: row * (height + gapY) };
  });
}

function curve(from: Placed, to: Placed, { width, height }: Sizes): string {
  const [x0, y0, x1, y1] = [from.x + width, from.y + height / 2, to.x, to.y + height / 2];
  const bend = Math.max(24, (x1 - x0) / 2);
  return `M${x0} ${y0} C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1}`;
}

function GroupCard({ learner, group: { kind, name, jobs } }: { learner: string; group: JobGroup }) {
  beat.value;
  const done = jobs.filter(({ state }) => state === "done").length;
  const running = jobs.flatMap((job) => progressOf(job) ?? []);
  const parts = running.reduce((sum, { step, steps }) => sum + (steps > 0 ? step / steps : 0), 0);
  const [only] = jobs;
  const address = jobs.length === 1 ? toLearner(learner, "jobs", only!.id) : addressOf({
    view: "learner",
    name: learner,
    tab: "jobs",
    query: { kind, task: String(only!.task ?? "") },
  });
  return (
    <a class="group-card" href={address}>
      <span class="group-name">{name}</span>
      <StateMark state={stateOf(jobs, running.length)} />
      <Meter value={(done + parts) / jobs.length} label={`${name}: ${done} of ${jobs.length} jobs done`} />
      <span class="group-figures">
        {jobs.length > 1 ? `${done} of ${jobs.length} jobs` : secondsOf(only!)}
      </span>
      {running[0] && <RunningLine progress={running[0]} more={running.length - 1} />}
    </a>
  );
}

/** The latest progress of a job, here or at the gateway. */
export function progressOf({ id, state, progress, kind }: JobSummary): KeptProgress | undefined {
  if (state === "done" || state === "failed") return undefined;
  const fromStream = live().last(id);
  const fromAnswer = progress && {
    ...{
      jobId: id,
      kind,
      learner: "",
      step: progress.step,
      steps: progress.steps,
      at: Date.parse(progress.at),
    },
    ...progress.loss === null ? {} : { loss: progress.loss },
    ...progress.ratePerSecond === null ? {} : { ratePerSecond: progress.ratePerSecond },
    ...progress.worker === null ? {} : { worker: progress.worker },
  };
  const last = fromStream ?? fromAnswer ?? undefined;
  return last && Date.now() - last.at < SILENT_MS ? last : undefined;
}

/** A running job: its progress, rate, time left and worker. */
export function RunningLine({ progress, more = 0 }: { progress: KeptProgress; more?: number }) {
  const { step, steps, ratePerSecond, worker } = progress;
  const left = ratePerSecond ? `${duration((steps - step) / ratePerSecond)} left` : undefined;
  const rate = ratePerSecond ? `${ratePerSecond.toFixed(ratePerSecond < 10 ? 1 : 0)}/s` : undefined;
  const parts = [`step ${step.toLocaleString("en")} of ${steps.toLocaleString("en")}`, rate, left].filter(
    Boolean,
  );
  return (
    <span class="group-figures">
      {parts.join(", ")}
      {worker !== undefined && (
        <span class="worker" title={worker}>{worker}{more > 0 ? `, ${more} more` : ""}</span>
      )}
    </span>
  );
}

function stateOf(jobs: readonly JobSummary[], running: number): string {
  const has = (state: JobSummary["state"]) => jobs.some((job) => job.state === state);
  if (has("failed")) return "failed";
  if (jobs.every(({ state }) => state === "done")) return "done";
  if (running > 0) return "running";
  return has("ready") ? "ready" : "waiting";
}

function secondsOf({ seconds }: JobSummary): string {
  return seconds === null ? "" : `took ${duration(seconds)}`;
}
