/**
 * What one picture shows: a version of this learner or of another, or an episode of the task's data.
 * @module
 */
import { useEffect, useState } from "preact/hooks";
import type { History } from "@cugro/client";
import { figure } from "@cugro/report/words";
import { type ListedVersion, numbersOf, versionsOf } from "../state/version_history.ts";
import { choose } from "../state/route.ts";
import { client } from "../state/page_session.ts";
import type { TabProps } from "../views/learner_view.tsx";
import type { KeptRows } from "./kept_rows.ts";
import { type ShownSide, sideWords } from "./shown_side.ts";

interface SideProps {
  index: 0 | 1;
  state: TabProps["state"];
  task: number;
  side: ShownSide | undefined;
  kept: KeptRows;
}

export function SideChoice({ index, state, task, side, kept }: SideProps) {
  const own = state.learner.name;
  const learner = side?.kind === "version" ? side.learner : own;
  const history = useHistory(learner, state);
  const knowing = history ? versionsOf(history).filter(({ tasks }) => tasks.includes(task)) : [];
  const names = useLearners(own);
  const put = (next: ShownSide | undefined) =>
    choose({ [index === 0 ? "a" : "b"]: next ? sideWords(next, own) : "none" });
  const isWithData = learner === own && (kept === "kept" || side?.kind === "data");
  return (
    <div class="side-choice">
      <select
        aria-label={`Learner of the ${WHICH[index]} robot`}
        value={learner}
        onChange={(event) => put({ kind: "version", learner: event.currentTarget.value, version: 1 })}
      >
        {names.map((name) => <option key={name} value={name}>{name}</option>)}
      </select>
      <VersionField
        label={`Version of the ${WHICH[index]} robot`}
        versions={history ? namedVersions(history, knowing, task) : []}
        onChange={(value) => put(sideOf(value, learner))}
        {...{ side, task, isWithData }}
      />
      {side?.kind === "data" && (
        <EpisodeField
          label={`Episode of the ${WHICH[index]} robot, counted from 0`}
          episode={side.episode}
          last={lastEpisode(state, task)}
          onChange={(episode) => put({ kind: "data", episode })}
        />
      )}
    </div>
  );
}

interface VersionProps {
  label: string;
  /** Those that know the task. */
  versions: readonly { version: number; name: string }[];
  side: ShownSide | undefined;
  task: number;
  /** Whether an episode of the data can be chosen. */
  isWithData: boolean;
  onChange: (value: string) => void;
}

function VersionField({ label, versions, side, task, isWithData, onChange }: VersionProps) {
  const shown = side?.kind === "version" ? String(side.version) : side ? DATA : "";
  const isUnknown = side?.kind === "version" && !versions.some(({ version }) => version === side.version);
  return (
    <select aria-label={label} value={shown} onChange={(event) => onChange(event.currentTarget.value)}>
      <option value="">nothing</option>
      {isUnknown && <option value={shown}>version {shown}</option>}
      {versions.map(({ version, name }) => <option key={version} value={String(version)}>{name}</option>)}
      {isWithData && (
        <option value={DATA}>
          the data: episode {side?.kind === "data" ? side.episode : 0} of task {task}
        </option>
      )}
    </select>
  );
}

interface EpisodeProps {
  label: string;
  episode: number;
  last: number;
  onChange: (episode: number) => void;
}

function EpisodeField({ label, episode, last, onChange }: EpisodeProps) {
  return (
    <input
      type="number"
      aria-label={label}
      min={0}
      max={last}
      value={episode}
      onChange={({ currentTarget: { valueAsNumber: value } }) =>
        value >= 0 && onChange(Math.min(MOST, Math.floor(value)))}
    />
  );
}

/** Episodes beyond this are no words of an address. */
const MOST = 999_999_999;
/** What the data are called among versions. */
const DATA = "data";

function sideOf(value: string, learner: string): ShownSide | undefined {
  if (value === "") return undefined;
  return value === DATA ? { kind: "data", episode: 0 } : { kind: "version", learner, version: Number(value) };
}

function lastEpisode({ learner: { tasks } }: TabProps["state"], task: number): number {
  return Math.max(1, tasks.find((one) => one.task === task)?.episodes ?? 1) - 1;
}

const WHICH = ["first", "second"] as const;

/** What each has learnt, and its score. */
function namedVersions(history: History, versions: readonly ListedVersion[], task: number) {
  const scores = numbersOf(history, "score", task, versions);
  return versions.map(({ version, task: learnt }, index) => {
    const why = learnt === task ? "learnt it" : `after task ${learnt}`;
    const score = scores[index] ?? null;
    return {
      version,
      name: `version ${version}, ${why}${score === null ? "" : `: score ${figure(score)}`}`,
    };
  });
}

/** The versions of a learner; of the one that is looked at they are known. */
function useHistory(
  learner: string,
  { learner: { name }, history }: TabProps["state"],
): History | undefined {
  const [others, setOthers] = useState<ReadonlyMap<string, History>>(new Map());
  useEffect(() => {
    if (learner === name || others.has(learner)) return;
    client.value.history(learner).then(
      (found) => setOthers((before) => new Map([...before, [learner, found]])),
      // The picture says what is wrong.
      () => {},
    );
  }, [learner, name]);
  return learner === name ? history : others.get(learner);
}

function useLearners(own: string): readonly string[] {
  const [names, setNames] = useState<readonly string[]>([own]);
  useEffect(() => {
    client.value.learners.list().then((found) => setNames([...new Set([own, ...found])]), () => {});
  }, [own]);
  return names;
}
