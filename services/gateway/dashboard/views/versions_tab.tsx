/**
 * The versions of a learner: why each was published or parked, what it scored, and what may be done about it.
 * @module
 */
import type { VersionSummary } from "@cugro/client";
import { describeDrop, duration, figure } from "@cugro/report/words";
import { ActButton, DialogButton } from "../acts/act_button.tsx";
import { promoteVersion, rollBack } from "../acts/acts.ts";
import { DataTable } from "../parts/data_table.tsx";
import { Facts } from "../parts/fact_list.tsx";
import { NothingYet } from "../parts/nothing_yet.tsx";
import { type Source, SourceNote } from "../parts/source_note.tsx";
import { StateMark } from "../parts/state_mark.tsx";
import { useAnswer } from "../state/use_answer.ts";
import { pathOf } from "../state/command_lines.ts";
import { type ListedVersion, validVersionsOf, versionsOf } from "../state/version_history.ts";
import { toComparison, toLearner } from "../state/route.ts";
import { client } from "../state/page_session.ts";
import type { TabProps } from "./learner_view.tsx";

/** More are shown when it is asked for. */
const SHOWN = 40;

/** All versions, newest first. */
export function VersionsTab({ state, item, query }: TabProps) {
  const { learner: { name, head }, history } = state;
  const valid = validVersionsOf(history);
  const count = versionsOf(history).length;
  const isAll = query.rows === "all" || count <= SHOWN;
  const ask = () => readVersions(name, isAll ? undefined : SHOWN, item);
  const { answer: shown, fault } = useAnswer(ask, [name, isAll, item, history, head]);
  return (
    <>
      {count === 0 && <p class="empty">There is no version yet.</p>}
      {count > 0 && !shown && <NothingYet fault={fault} what="the versions" />}
      {valid.length > 0 && (
        <p class="buttons">
          <ActButton act={rollBack(name, 0, valid)}>Take back all versions</ActButton>
        </p>
      )}
      <ul class="versions">
        {shown?.map((version) => (
          <VersionCard
            key={version.version}
            learner={name}
            version={version}
            later={valid.filter((one) => one.version > version.version)}
            isValid={valid.some((one) => one.version === version.version)}
            isOpen={item === String(version.version)}
          />
        ))}
      </ul>
      {!isAll && (
        <p>
          <a href={`${toLearner(name, "versions")}?rows=all`}>Show all {count} versions</a>
        </p>
      )}
      <SourceNote source={sourceOf(name)} />
    </>
  );
}

/** Newest first; `item` is among them, however old it is. */
async function readVersions(
  name: string,
  last: number | undefined,
  item: string | undefined,
): Promise<VersionSummary[]> {
  const { versions } = client.value;
  const newest = await versions.list(name, last === undefined ? {} : { last });
  const asked = Number(item);
  const isElsewhere = asked > 0 && !newest.some(({ version }) => version === asked);
  const older = isElsewhere ? [await versions.show(name, asked)] : [];
  return [...older, ...newest].reverse();
}

interface CardProps {
  learner: string;
  version: VersionSummary;
  later: readonly ListedVersion[];
  isValid: boolean;
}

function VersionActs({ learner, version, later, isValid }: CardProps) {
  const { version: v, parent, promotable } = version;
  return (
    <span class="buttons">
      {promotable && <ActButton act={promoteVersion(learner, version)}>Promote</ActButton>}
      {isValid && later.length > 0 && (
        <ActButton act={rollBack(learner, v, later)}>
          Roll back to it
        </ActButton>
      )}
      <DialogButton scope="read" dialog={{ kind: "evaluate", learner, version: v }}>
        Evaluate
      </DialogButton>
      <DialogButton scope="submit" dialog={{ kind: "export", learner, version: v }}>Export</DialogButton>
      {parent !== null && <a class="button" href={toComparison(learner, parent, v)}>Compare with {parent}</a>}
    </span>
  );
}

function VersionCard({ learner, version, later, isValid, isOpen }: CardProps & { isOpen: boolean }) {
  const { version: v, task, state, serving, decisionText, measures } = version;
  return (
    <li class="card" id={`version-${v}`}>
      <div class="card-head">
        <h2>
          <a href={toLearner(learner, "versions", v)}>version {v}</a>
        </h2>
        <span>
          learns <a href={toLearner(learner, "tasks", task)}>task {task}</a>
        </span>
        <StateMark state={serving ? "serving" : state} />
        <span class="quiet">average {figure(measures.averagePerformance)}</span>
        <VersionActs learner={learner} version={version} later={later} isValid={isValid} />
      </div>
      <p>{decisionText}</p>
      <details open={isOpen}>
        <summary>Scores and measures</summary>
        <VersionFigures version={version} />
      </details>
    </li>
  );
}

const sourceOf = (name: string): Source => ({
  words: "Facts of the versions, with scores by the labels now in force.",
  doing: { method: "GET", path: pathOf(name, "/versions"), command: ["versions", "--learner", name] },
});

const HEADS = ["task", "score", "90 % interval", "episodes", "value"];

function VersionFigures(
  { version: { scores, measures, parent, seconds, attempt } }: { version: VersionSummary },
) {
  const { justLearned, worstDrop, forgetting, backwardTransfer } = measures;
  return (
    <>
      <Facts
        facts={[
          ["just learned", figure(justLearned)],
          ["worst drop", describeDrop(worstDrop)],
          ["forgetting", figure(forgetting)],
          ["backward transfer", figure(backwardTransfer)],
          ["continues", parent === null ? "nothing" : `version ${parent}`],
          ["attempt", String(attempt)],
          ["took", duration(seconds)],
        ]}
      />
      <DataTable label="Scores of this version" heads={HEADS}>
        {scores.map(({ task, meanScore, low, high, episodes, valueEstimate }) => (
          <tr key={task}>
            <td>task {task}</td>
            <td>{figure(meanScore)}</td>
            <td>{low === null ? "–" : `${figure(low)} … ${figure(high)}`}</td>
            <td>{episodes}</td>
            <td>{figure(valueEstimate, 2)}</td>
          </tr>
        ))}
      </DataTable>
    </>
  );
}
