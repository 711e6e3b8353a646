/**
 * One learner: its head, and the part of its page that is looked at.
 * @module
 */
import { useEffect, useRef } from "preact/hooks";
import { figure } from "@cugro/report/words";
import { DialogButton } from "../acts/act_button.tsx";
import { ReportButton } from "../acts/report_button.tsx";
import { later } from "../parts/later.tsx";
import { NothingYet } from "../parts/nothing_yet.tsx";
import { ProblemList } from "../parts/problem_list.tsx";
import { StateMark } from "../parts/state_mark.tsx";
import { fault, known, type KnownLearner, openLearner } from "../state/live_learner.ts";
import { LEARNER_TABS, type LearnerTab, type Query, toLearner } from "../state/route.ts";
import { JobsTab } from "./jobs_tab.tsx";
import { stateOf } from "./learners_view.tsx";
import { LiveTab } from "./live_tab.tsx";
import { TasksTab } from "./tasks_tab.tsx";
import { VersionsTab } from "./versions_tab.tsx";

/** What a part of the page is given. */
export interface TabProps {
  state: KnownLearner;
  item: string | undefined;
  query: Query;
}

/** Robots and replay bring MuJoCo and three.js, which nothing else needs. */
const TABS: Record<LearnerTab, { name: string; View: (props: TabProps) => preact.JSX.Element }> = {
  live: { name: "Live", View: LiveTab },
  tasks: { name: "Tasks", View: TasksTab },
  versions: { name: "Versions", View: VersionsTab },
  jobs: { name: "Jobs", View: JobsTab },
  robots: {
    name: "Robots",
    View: later(async () => (await import("../robots/robots_view.tsx")).RobotsView, "the robots"),
  },
  replay: {
    name: "Replay",
    View: later(async () => (await import("../replay/replay_view.tsx")).ReplayView, "the replay"),
  },
};

export function LearnerView(
  { name, tab, item, query }: { name: string; tab: LearnerTab; item: string | undefined; query: Query },
) {
  useEffect(() => openLearner(name), [name]);
  const state = known.value;
  const { View } = TABS[tab];
  const tabs = useRef<HTMLElement>(null);
  useEffect(() => bringIntoView(tabs.current), [tab]);
  return (
    <main id="content">
      <p class="crumbs">
        <a href="#/learners">Learners</a> /
      </p>
      <div class="view-head">
        <h1 class="user-text">{name}</h1>
        {state && <StateMark state={stateOf(state.learner, [])} />}
        {state && <ReportButton learner={name} />}
        <DialogButton
          scope="submit"
          dialog={{ kind: "add task", learner: name, file: undefined }}
          kind="primary"
        >
          Add a task
        </DialogButton>
      </div>
      {state && <Headline state={state} />}
      <nav class="tabs" ref={tabs} aria-label={`Parts of ${name}`}>
        {LEARNER_TABS.map((one) => (
          <a key={one} href={toLearner(name, one)} aria-current={one === tab ? "page" : undefined}>
            {TABS[one].name}
          </a>
        ))}
      </nav>
      {fault.value !== undefined || !state ? <NothingYet fault={fault.value} what={name} /> : null}
      {state && tab === "live" && <ProblemList problems={state.learner.problems} />}
      {state && <View state={state} item={item} query={query} />}
    </main>
  );
}

/** On a phone there are more tabs than have room. */
function bringIntoView(tabs: HTMLElement | null): void {
  const current = tabs?.querySelector<HTMLElement>("[aria-current]");
  if (!tabs || !current) return;
  const [left, right] = [current.offsetLeft - tabs.offsetLeft, tabs.clientWidth];
  if (left < tabs.scrollLeft || left + current.offsetWidth > tabs.scrollLeft + right) {
    tabs.scrollLeft = left - (right - current.offsetWidth) / 2;
  }
}

function Headline({ state: { learner } }: { state: KnownLearner }) {
  const { head, averagePerformance, tasks, config, seed } = learner;
  const serves = head === null ? "No version serves yet" : `Version ${head} serves`;
  const average = averagePerformance === null ? "" : `, ${figure(averagePerformance)} on average`;
  return (
    <p class="note">
      {serves}
      {average}; {tasks.length} {tasks.length === 1 ? "task" : "tasks"}, preset {config.preset}, seed {seed}.
    </p>
  );
}
