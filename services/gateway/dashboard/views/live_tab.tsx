/**
 * A learner as it is now: what is done, how losses fall, what it can and what it has lost.
 * @module
 */
import { byteSize, describeInterval, figure } from "@cugro/report/words";
import { ActTraffic } from "../figures/act_traffic_figure.tsx";
import { JobGraph } from "../figures/job_graph_figure.tsx";
import { KeptBytes } from "../figures/kept_bytes.tsx";
import { LossCurves } from "../figures/loss_curves.tsx";
import { ReplayFidelity } from "../figures/replay_fidelity.tsx";
import { ResultsMatrix } from "../figures/results_matrix_figure.tsx";
import { ScoreLines } from "../figures/score_lines.tsx";
import { WorkLedger } from "../figures/work_ledger.tsx";
import { Figure } from "../parts/figure.tsx";
import { NothingYet } from "../parts/nothing_yet.tsx";
import { Tile } from "../parts/tile.tsx";
import type { KnownLearner } from "../state/live_learner.ts";
import type { TabProps } from "./learner_view.tsx";
import { aboutFigure } from "./live_figures.ts";
import { FilesUnderWay } from "./files_under_way.tsx";

/** A matrix of more tasks takes the whole width. */
const NARROW_TASKS = 4;

export function LiveTab({ state, query }: TabProps) {
  const { learner, history, traffic } = state;
  const { name } = learner;
  return (
    <>
      <Tiles state={state} />
      <FilesUnderWay state={state} />
      <div class="figures">
        <Work state={state} />
        <Figure {...aboutFigure("matrix", name)} isWide={history.tasks.length > NARROW_TASKS}>
          <ResultsMatrix learner={name} history={history} head={learner.head} query={query} />
        </Figure>
        <Figure {...aboutFigure("scores", name)}>
          <ScoreLines history={history} query={query} />
        </Figure>
        <Figure {...aboutFigure("fidelity", name)}>
          <ReplayFidelity learner={name} history={history} query={query} />
        </Figure>
        <Figure {...aboutFigure("traffic", name)}>
          <ActTraffic traffic={traffic} />
        </Figure>
        <Figure {...aboutFigure("bytes", name)}>
          <KeptBytes learner={learner} />
        </Figure>
        <Figure {...aboutFigure("ledger", name)}>
          <WorkLedger work={learner.work} />
        </Figure>
      </div>
    </>
  );
}

function Work({ state: { learner: { name }, history, made } }: { state: KnownLearner }) {
  const { pending, tasks, versions } = history;
  if (made?.length === 0) return null;
  const task = tasks.find((one) => one.task === pending?.task);
  const parent = pending?.parent ? `, on version ${pending.parent}` : "";
  const title = pending
    ? `Learning task ${pending.task}${task ? `: ${task.name}` : ""}`
    : `How version ${versions.version.at(-1)} was made`;
  const note = pending ? `Attempt ${pending.attempt}${parent}.` : undefined;
  return (
    <>
      <Figure {...aboutFigure("work", name)} title={title} note={note}>
        {made ? <JobGraph learner={name} jobs={made} /> : <NothingYet fault={undefined} what="the jobs" />}
      </Figure>
      <Figure {...aboutFigure("losses", name)}>
        {made && <LossCurves learner={name} jobs={made} />}
      </Figure>
    </>
  );
}

function Tiles({ state: { learner } }: { state: KnownLearner }) {
  const { averagePerformance, meanPerformance, worstDrop, worstDropEver, forgetting, bytes } = learner;
  return (
    <div class="tiles">
      <Tile
        value={figure(averagePerformance)}
        name="average performance"
        beside={`${figure(meanPerformance)} over all versions`}
      />
      <Tile
        value={worstDrop === null ? "–" : figure(worstDrop.drop)}
        name="worst drop of an old task"
        beside={worstDrop === null
          ? "no old task yet"
          : `task ${worstDrop.task}, ${describeInterval(worstDrop)}`}
      />
      <Tile
        value={worstDropEver === null ? "–" : figure(worstDropEver.drop)}
        name="worst drop ever"
        beside={worstDropEver === null
          ? "no old task yet"
          : `task ${worstDropEver.task} in version ${worstDropEver.version}`}
      />
      <Tile value={figure(forgetting)} name="forgetting" beside="old tasks below their best, on average" />
      <Tile
        value={byteSize(bytes.generators)}
        name="kept in place of data"
        beside={`of ${byteSize(bytes.rawData)} raw data`}
      />
    </div>
  );
}
