/**
 * What one picture shows: a version of this learner or of another.
 * @module
 */
import { useEffect, useState } from "preact/hooks";
import type { VersionSummary } from "@cugro/client";
import { figure } from "@cugro/report/words";
import { choose } from "../state/route.ts";
import { client } from "../state/session.ts";
import type { TabProps } from "../views/learner_view.tsx";
import { type ShownSide, sideWords } from "./shown_side.ts";

interface SideProps {
  index: 0 | 1;
  state: TabProps["state"];
  task: number;
  side: ShownSide | undefined;
}

export function SideChoice({ index, state, task, side }: SideProps) {
  const own = state.learner.name;
  const learner = side?.kind === "version" ? side.learner : own;
  const versions = useVersions(learner, state);
  const names = useLearners(own);
  const put = (next: ShownSide | undefined) =>
    choose({ [index === 0 ? "a" : "b"]: next ? sideWords(next, own) : "none" });
  const knowing = (versions ?? []).filter(({ tasks }) => tasks.includes(task));
  const shown = side?.kind === "version" ? String(side.version) : "";
  return (
    <div class="side-choice">
      <select
        aria-label={`Learner of the ${WHICH[index]} robot`}
        value={learner}
        onChange={(event) => put({ kind: "version", learner: event.currentTarget.value, version: 1 })}
      >
        {names.map((name) => <option key={name} value={name}>{name}</option>)}
      </select>
      <select
        aria-label={`Version of the ${WHICH[index]} robot`}
        value={shown}
        onChange={({ currentTarget: { value } }) =>
          put(value === "" ? undefined : { kind: "version", learner, version: Number(value) })}
      >
        <option value="">nothing</option>
        {shown !== "" && !knowing.some(({ version }) => String(version) === shown) && (
          <option value={shown}>version {shown}</option>
        )}
        {knowing.map((version) => (
          <option key={version.version} value={String(version.version)}>{nameOf(version, task)}</option>
        ))}
      </select>
    </div>
  );
}

const WHICH = ["first", "second"] as const;

function nameOf({ version, task: learnt, scores }: VersionSummary, task: number): string {
  const score = scores.find((cell) => cell.task === task)?.meanScore ?? null;
  const why = learnt === task ? "learnt it" : `after task ${learnt}`;
  return `version ${version}, ${why}${score === null ? "" : `: score ${figure(score)}`}`;
}

/** Versions of a learner; of the one that is looked at they are known. */
function useVersions(
  learner: string,
  { learner: { name }, versions }: TabProps["state"],
): readonly VersionSummary[] | undefined {
  const [others, setOthers] = useState<ReadonlyMap<string, VersionSummary[]>>(new Map());
  useEffect(() => {
    if (learner === name || others.has(learner)) return;
    client.value.versions.list(learner).then(
      (found) => setOthers((before) => new Map([...before, [learner, found]])),
      // The picture says what is wrong.
      () => {},
    );
  }, [learner, name]);
  return learner === name ? versions : others.get(learner);
}

function useLearners(own: string): readonly string[] {
  const [names, setNames] = useState<readonly string[]>([own]);
  useEffect(() => {
    client.value.learners.list().then((found) => setNames([...new Set([own, ...found])]), () => {});
  }, [own]);
  return names;
}
