/**
 * The tasks of a learner: their data, what is implausible in it, where each stands, and what may be done about it.
 * @module
 */
import type { Task } from "@cugro/client";
import { briefly, byteSize } from "@cugro/report/words";
import { ActButton, DialogButton } from "../acts/act_button.tsx";
import { cancelTask, retryTask } from "../acts/acts.ts";
import { Facts } from "../parts/fact_list.tsx";
import { Notices } from "../parts/notices.tsx";
import { SourceNote } from "../parts/source_note.tsx";
import { StateMark } from "../parts/state_mark.tsx";
import { pathOf } from "../state/command_lines.ts";
import { toLearner } from "../state/route.ts";
import { FilesUnderWay } from "./files_under_way.tsx";
import type { TabProps } from "./learner_view.tsx";

export function TasksTab({ state, item }: TabProps) {
  const { learner: { name, tasks } } = state;
  return (
    <>
      <FilesUnderWay state={state} />
      {tasks.length === 0 && <p class="empty">There is no task yet. Drop a dataset file on this page.</p>}
      <ul class="tasks">
        {tasks.map((task) => (
          <TaskCard key={task.task} learner={name} task={task} isOpen={item === String(task.task)} />
        ))}
      </ul>
      <SourceNote
        source={{
          words: "Facts of the tasks, corrected by their labels.",
          doing: { method: "GET", path: pathOf(name, "/tasks"), command: ["status", "--learner", name] },
        }}
      />
    </>
  );
}

/** States in which there is something to be learnt again. */
const AGAIN: readonly Task["state"][] = ["failed", "cancelled", "parked", "withdrawn"];

function TaskCard({ learner, task, isOpen }: { learner: string; task: Task; isOpen: boolean }) {
  const { task: k, name, state, revision, attempt, current } = task;
  return (
    <li class="card" id={`task-${k}`}>
      <div class="card-head">
        <h2>
          <a href={toLearner(learner, "tasks", k)}>task {k}</a>
        </h2>
        <span class="user-text">{name}</span>
        <StateMark state={current ? "learning" : state === "undecided" ? "waits" : state} />
        {revision > 0 && <span class="quiet">revision {revision}</span>}
        {attempt > 1 && <span class="quiet">attempt {attempt}</span>}
        <span class="buttons">
          {state === "undecided" && <ActButton act={cancelTask(learner, task)}>Cancel</ActButton>}
          {AGAIN.includes(state) && <ActButton act={retryTask(learner, task)}>Retry</ActButton>}
          <DialogButton scope="submit" dialog={{ kind: "relabel", learner, task: k }}>Relabel</DialogButton>
        </span>
      </div>
      <details open={isOpen}>
        <summary>
          Data, anchors and notices{task.notices.length > 0 ? ` (${task.notices.length})` : ""}
        </summary>
        <TaskFacts task={task} />
      </details>
    </li>
  );
}

function TaskFacts({ task }: { task: Task }) {
  const { size, trainingRows, episodes, bytes, anchors, notices, labels } = task;
  const count = (value: number) => value.toLocaleString("en");
  return (
    <>
      <Facts
        facts={[
          ["transitions", `${count(size)} in ${count(episodes)} episodes, ${byteSize(bytes)}`],
          ["read by trainings", count(trainingRows)],
          ["states and actions", dimensionsOf(task)],
          ["runs in", environmentOf(task)],
          ["scores 0 and 100", `${briefly(anchors.random)} and ${briefly(anchors.good)}: ${anchors.source}`],
          ["dataset", <span class="hash" key="hash">{task.datasetHash}</span>],
        ]}
      />
      <Notices notices={notices} />
      <ul class="notices">
        {labels.map(({ n, set, by, reason }) => (
          <li key={n} class="user-text">
            Label {n} by {by}: {JSON.stringify(set)}
            {reason ? ` (${reason})` : ""}
          </li>
        ))}
      </ul>
    </>
  );
}

function dimensionsOf({ stateDim, actionDim, discreteActions }: Task): string {
  const actions = discreteActions === null ? `${actionDim} numbers` : `${discreteActions} choices`;
  return `${stateDim} numbers, ${actions}`;
}

function environmentOf({ environment }: Task): string {
  if (environment === null) return "no simulator: values and fidelity are measured";
  if ("gymnasium" in environment) return `${environment.gymnasium}, of Gymnasium`;
  return `${environment.family} [${environment.goal.map((value) => briefly(value)).join(", ")}]`;
}
