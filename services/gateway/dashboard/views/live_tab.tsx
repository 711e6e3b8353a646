/**
 * A learner as it is now: what is done, how losses fall, what it can and what it has lost.
 * @module
 */
import { byteSize, describeInterval, figure } from "@cugro/report/words";
import { ActTraffic } from "../figures/act_traffic.tsx";
import { JobGraph } from "../figures/job_graph.tsx";
import { KeptBytes } from "../figures/kept_bytes.tsx";
import { LossCurves } from "../figures/loss_curves.tsx";
import { ReplayFidelity } from "../figures/replay_fidelity.tsx";
import { ResultsMatrix } from "../figures/results_matrix.tsx";
import { ScoreLines } from "../figures/score_lines.tsx";
import { WorkLedger } from "../figures/work_ledger.tsx";
import { Figure } from "../parts/figure.tsx";
import { Tile } from "../parts/tile.tsx";
import type { KnownLearner } from "../state/learner.ts";
import type { TabProps } from "./learner_view.tsx";
import { aboutFigure } from "./live_figures.ts";
import { FilesUnderWay } from "./files_under_way.tsx";

/** A matrix of more tasks takes the whole width. */
const NARROW_TASKS = 4;

export function LiveTab({ state, query }: TabProps) {
  const { learner, results, versions, fidelity, traffic } = state;
  const { name } = learner;
  return (
    <>
      <Tiles state={state} />
      <FilesUnderWay state={state} />
      <div class="figures">
        <Work state={state} />
        <Figure {...aboutFigure("matrix", name)} isWide={results.tasks.length > NARROW_TASKS}>
          <ResultsMatrix learner={name} results={results} versions={versions} query={query} />
        </Figure>
        <Figure {...aboutFigure("scores", name)}>
          <ScoreLines results={results} versions={versions} query={query} />
        </Figure>
        <Figure {...aboutFigure("fidelity", name)}>
          <ReplayFidelity learner={name} fidelity={fidelity} query={query} />
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

function Work({ state: { learner: { name }, results, versions, made } }: { state: KnownLearner }) {
  const { pending } = results;
  if (made.length === 0) return null;
  const task = results.tasks.find((one) => one.task === pending?.task);
  const parent = pending?.parent ? `, on version ${pending.parent}` : "";
  const title = pending
    ? `Learning task ${pending.task}${task ? `: ${task.name}` : ""}`
    : `How version ${versions.at(-1)?.version} was made`;
  const note = pending ? `Attempt ${pending.attempt}${parent}.` : undefined;
  return (
    <>
      <Figure {...aboutFigure("work", name)} title={title} note={note}>
        <JobGraph learner={name} jobs={made} />
      </Figure>
      <Figure {...aboutFigure("losses", name)}>
        <LossCurves learner={name} jobs={made} />
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
