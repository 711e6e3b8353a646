/**
 * The jobs of a task, and one of them in full.
 * @module
 */
import type { JobDetail, JobSummary } from "@cugro/client";
import { byteSize, duration } from "@cugro/report/words";
import { progressOf, RunningLine } from "../figures/job_graph_figure.tsx";
import { nameOfKind } from "../figures/job_groups.ts";
import { JobCurves } from "../figures/loss_curves.tsx";
import { DataTable } from "../parts/data_table.tsx";
import { DoingLines } from "../parts/doing_lines.tsx";
import { Facts } from "../parts/fact_list.tsx";
import { JobLink, shortHash } from "../parts/job_link.tsx";
import { NothingYet } from "../parts/nothing_yet.tsx";
import { type Source, SourceNote } from "../parts/source_note.tsx";
import { StateMark } from "../parts/state_mark.tsx";
import { pathOf } from "../state/command_lines.ts";
import { useAnswer } from "../state/use_answer.ts";
import { beat } from "../state/live_learner.ts";
import { choose, EVALUATION, type Query, toLearner } from "../state/route.ts";
import { client } from "../state/page_session.ts";
import type { TabProps } from "./learner_view.tsx";

/** More are shown when it is asked for. */
const SHOWN = 200;

export function JobsTab({ state, item, query }: TabProps) {
  const { learner: { name, tasks } } = state;
  if (item === EVALUATION) return <EvaluationPage learner={name} query={query} news={state} />;
  if (item !== undefined) return <JobPage learner={name} id={item} news={state} />;
  const task = query.task ?? String(state.history.pending?.task ?? tasks.at(-1)?.task ?? "");
  return (
    <>
      <label class="choice">
        Jobs of{" "}
        <select
          value={task}
          onChange={(event) => choose({ task: event.currentTarget.value, kind: undefined })}
        >
          {tasks.map((one) => (
            <option key={one.task} value={String(one.task)}>task {one.task}: {one.name}</option>
          ))}
        </select>
      </label>
      <JobList learner={name} task={task} kind={query.kind} isAll={query.rows === "all"} news={state} />
    </>
  );
}

const HEADS = ["job", "what", "state", "how far", "seconds", "reads"];

interface ListProps {
  learner: string;
  task: string;
  kind: string | undefined;
  isAll: boolean;
  /** What has changed since. */
  news: unknown;
}

function JobList({ learner, task, kind, isAll, news }: ListProps) {
  const filter = task === "" ? {} : { task: Number(task) };
  const { answer, fault } = useAnswer(() => client.value.jobs.list(learner, filter), [learner, task, news]);
  if (!answer) return <NothingYet fault={fault} what="the jobs" />;
  const chosen = answer.filter((job) => !kind || job.kind === kind);
  const shown = isAll ? chosen : chosen.slice(0, SHOWN);
  return (
    <>
      {kind && (
        <p class="note">
          Only: {nameOfKind(kind as JobSummary["kind"])}.{" "}
          <button type="button" class="small" onClick={() => choose({ kind: undefined })}>
            Show all kinds
          </button>
        </p>
      )}
      <DataTable label="Jobs" heads={HEADS}>
        {shown.map((job) => <JobRow key={job.id} learner={learner} job={job} />)}
      </DataTable>
      {shown.length < chosen.length && (
        <button
          type="button"
          class="small"
          onClick={() => choose({ rows: "all" })}
        >
          Show all {chosen.length}
        </button>
      )}
      <SourceNote source={sourceOf(learner, task)} />
    </>
  );
}

const sourceOf = (learner: string, task: string): Source => ({
  words: "The jobs of the task; progress is what running jobs report.",
  doing: {
    method: "GET",
    path: pathOf(learner, `/jobs?task=${task}`),
    command: ["status", "--learner", learner],
  },
});

function JobRow({ learner, job }: { learner: string; job: JobSummary }) {
  beat.value;
  const { id, label, state, seconds, needs, message } = job;
  const progress = progressOf(job);
  return (
    <tr>
      <td>
        <JobLink learner={learner} job={id} />
      </td>
      <td class="user-text">{label}{message !== null && <p class="fault">{message}</p>}</td>
      <td>
        <StateMark state={progress ? "running" : state} />
      </td>
      <td>{progress ? <RunningLine progress={progress} /> : ""}</td>
      <td>{seconds === null ? "" : duration(seconds)}</td>
      <td class="hashes">
        {needs.slice(0, 4).map((need) => <JobLink key={need} learner={learner} job={need} />)}
        {needs.length > 4 && <span class="quiet">and {needs.length - 4} more</span>}
      </td>
    </tr>
  );
}

/** The job behind a cell of the results matrix. */
function EvaluationPage({ learner, query, news }: { learner: string; query: Query; news: unknown }) {
  const [version, task] = [Number(query.version), Number(query.task)];
  const ask = async () => {
    const { row } = await client.value.versions.show(learner, version);
    const cell = row.find((one) => one.task === task);
    if (cell) return cell.job;
    throw new Error(`version ${version} was not evaluated on task ${query.task}`);
  };
  const { answer: job, fault } = useAnswer(ask, [learner, version, task]);
  if (job === undefined) return <NothingYet fault={fault} what="the evaluation" />;
  return <JobPage learner={learner} id={job} news={news} />;
}

function JobPage({ learner, id, news }: { learner: string; id: string; news: unknown }) {
  const { answer: job, fault } = useAnswer(() => client.value.jobs.show(learner, id), [learner, id, news]);
  if (!job) return <NothingYet fault={fault} what={`job ${shortHash(id)}`} />;
  return (
    <article class="card">
      <p>
        <a href={toLearner(learner, "jobs")}>All jobs</a>
      </p>
      <h2 class="user-text">{job.label}</h2>
      <JobFacts learner={learner} job={job} />
      {job.steps !== null && <JobCurves learner={learner} job={job} />}
      <details>
        <summary>What it reported</summary>
        <pre tabIndex={0}>{JSON.stringify(job.metrics, null, 2)}</pre>
      </details>
      <DoingLines doing={{ method: "GET", path: pathOf(learner, `/jobs/${id}`) }} />
    </article>
  );
}

function JobFacts({ learner, job }: { learner: string; job: JobDetail }) {
  beat.value;
  const { id, kind, task, state, needs, outputs, message } = job;
  const progress = progressOf(job);
  const links = needs.map((need) => <JobLink key={need} learner={learner} job={need} />);
  return (
    <Facts
      facts={[
        ["job", <span class="hash" key="id">{id}</span>],
        ["kind", `${kind}${task === null ? "" : `, for task ${task}`}`],
        ["state", <StateMark key="state" state={progress ? "running" : state} />],
        ["how far", progress ? <RunningLine key="progress" progress={progress} /> : null],
        ["why it failed", message],
        ["steps", stepsOf(job)],
        ["took", timeOf(job)],
        ["reads", links.length > 0 ? <span key="reads" class="hashes">{links}</span> : "no other job"],
        ...Object.entries(outputs).map(([name, { artifact, bytes }]) =>
          [
            name,
            <span key={name}>
              <span class="hash">{artifact}</span>, {byteSize(bytes)}
            </span>,
          ] as const
        ),
      ]}
    />
  );
}

function stepsOf({ steps }: JobDetail): string | null {
  if (steps === null) return null;
  return `${steps.done?.toLocaleString("en") ?? "–"} of ${steps.asked.toLocaleString("en")} asked for`;
}

function timeOf({ seconds, coreSeconds, startedAtStep }: JobDetail): string | null {
  if (seconds === null) return null;
  const resumed = startedAtStep ? `; the last attempt began at step ${startedAtStep}` : "";
  return `${duration(seconds)}, ${duration(coreSeconds ?? seconds)} of core time${resumed}`;
}
