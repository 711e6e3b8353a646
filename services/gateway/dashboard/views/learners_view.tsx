/**
 * Every learner: what it can, what it has lost, what runs, what waits, what is wrong.
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Learner, ProgressMessage } from "@cugro/client";
import { figure } from "@cugro/report/words";
import { DialogButton } from "../acts/act_button.tsx";
import { nameOfKind } from "../figures/job_groups.ts";
import { NothingYet } from "../parts/nothing_yet.tsx";
import { type Source, SourceNote } from "../parts/source_note.tsx";
import { StateMark } from "../parts/state_mark.tsx";
import { filterWanted, learners, learnersFault, openLearners, runningJobs } from "../state/all_learners.ts";
import { toLearner } from "../state/route.ts";

const SOURCE: Source = {
  words: "The list of learners, and each of them; running jobs come from the event stream.",
  doing: { method: "GET", path: "/v1/learners", command: ["status"] },
};

export function LearnersView() {
  useEffect(() => openLearners(), []);
  const [filter, setFilter] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!filterWanted.value) return;
    filterWanted.value = false;
    field.current?.focus();
  }, [filterWanted.value]);
  const known = learners.value;
  const shown = [...known?.values() ?? []].filter(({ name }) => name.includes(filter.trim()));
  return (
    <main id="content">
      <div class="view-head">
        <h1>Learners</h1>
        <input
          ref={field}
          type="search"
          placeholder="Filter by name"
          aria-label="Filter learners by name"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        <DialogButton scope="submit" dialog={{ kind: "new learner" }} kind="primary">
          New learner
        </DialogButton>
      </div>
      {known === undefined || learnersFault.value !== undefined
        ? <NothingYet fault={learnersFault.value} what="the learners" />
        : null}
      {known?.size === 0 && <p class="empty">This token sees no learner yet.</p>}
      {known && known.size > 0 && shown.length === 0 && (
        <p class="empty">No learner has “{filter}” in its name.</p>
      )}
      <ul class="learners">{shown.map((learner) => <LearnerCard key={learner.name} learner={learner} />)}</ul>
      <SourceNote source={SOURCE} />
    </main>
  );
}

function LearnerCard({ learner }: { learner: Learner }) {
  const { name, head, tasks, averagePerformance, worstDrop, problems } = learner;
  const running = runningJobs.value.get(name) ?? [];
  return (
    <li class="learner-card">
      <a href={toLearner(name)}>
        <h2>{name}</h2>
      </a>
      <StateMark state={stateOf(learner, running)} />
      <dl>
        <div>
          <dt>average performance</dt>
          <dd>{figure(averagePerformance)}</dd>
        </div>
        <div>
          <dt>worst drop</dt>
          <dd>{worstDrop === null ? "–" : `${figure(worstDrop.drop)} in task ${worstDrop.task}`}</dd>
        </div>
        <div>
          <dt>serves</dt>
          <dd>{head === null ? "no version" : `version ${head}`}</dd>
        </div>
        <div>
          <dt>tasks</dt>
          <dd>{tasks.length}</dd>
        </div>
      </dl>
      <p class="work">{workOf(learner, running)}</p>
      {problems.slice(0, 2).map(({ id, severity, message }) => (
        <p key={id} class={`problem-line user-text ${severity}`}>
          <b>{severity}:</b> {message}
        </p>
      ))}
      {problems.length > 2 && <p class="problem-line">and {problems.length - 2} more problems</p>}
    </li>
  );
}

/** Where a learner stands, in a word. */
export function stateOf({ tasks, jobs, head }: Learner, running: readonly ProgressMessage[]): string {
  if (tasks.some(({ state }) => state === "failed") || jobs.failed > 0) return "failed";
  if (running.length > 0 || tasks.some(({ current }) => current)) return "learning";
  if (jobs.ready > 0) return "reading a file";
  return head === null ? "empty" : "idle";
}

function workOf({ tasks, jobs }: Learner, running: readonly ProgressMessage[]): string {
  const current = tasks.find((task) => task.current);
  const later = tasks.filter(({ state, current }) => state === "undecided" && !current).length;
  const parts: string[] = [];
  if (current) parts.push(`learns task ${current.task}, ${current.name}`);
  for (const { kind, step, steps } of running.slice(0, 2)) {
    parts.push(`${nameOfKind(kind)}: ${steps > 0 ? Math.floor(100 * step / steps) : 0} %`);
  }
  if (running.length > 2) parts.push(`${running.length - 2} more jobs run`);
  const open = jobs.ready + jobs.waiting - running.length;
  if (open > 0) parts.push(`${open} ${open === 1 ? "job waits" : "jobs wait"}`);
  if (later > 0) parts.push(`${later} ${later === 1 ? "task waits" : "tasks wait"}`);
  return parts.length === 0 ? "Nothing runs and nothing waits." : `${parts.join("; ")}.`;
}
