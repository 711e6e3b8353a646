/**
 * What is remembered of a task: real quantities, pseudo-samples of each generation and states of the policy in one picture, and as
 * robots in these poses. Loaded when it is looked at.
 * @module
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Memory } from "@cugro/client";
import type { TaskSpec } from "@cugro/environments/families";
import { Figure } from "../parts/figure.tsx";
import { NothingYet } from "../parts/nothing_yet.tsx";
import { pathOf } from "../state/command_lines.ts";
import { choose } from "../state/route.ts";
import { client, sentenceOf } from "../state/page_session.ts";
import type { TabProps } from "../views/learner_view.tsx";
import { LineupFigure } from "./lineup_figure.tsx";
import { QuantileStrips } from "./quantile_strips.tsx";
import { type Origin, policyOrigin, pseudoOrigin, realOrigin, usualVersions } from "./remembered.ts";
import { StateCloud } from "./state_cloud.tsx";

/** The tab: what is chosen, and the figures of it. */
export function ReplayView({ state, query }: TabProps) {
  const { learner: { name, tasks, head } } = state;
  const task = Number(query.task ?? tasks[0]?.task);
  const { answer: memory, fault } = useMemory(name, task, state);
  const chosen = memory &&
    (query.g?.split(",").map(Number).filter((version) => version > 0) ?? usualVersions(memory));
  const { origins, faults, awaited } = useOrigins(name, memory, chosen ?? [], head);
  if (tasks.length === 0) return <p class="empty">There is no task to remember yet.</p>;
  const share = Math.min(100, Math.max(0, Number(query.share ?? 50) || 0)) / 100;
  const environment = tasks.find((one) => one.task === task)?.environment;
  const spec = environment && "family" in environment ? environment : undefined;
  return (
    <>
      <ReplayChoice tasks={tasks} task={task} memory={memory} chosen={chosen ?? []} />
      {!memory && <NothingYet fault={fault} what="what is remembered" />}
      {awaited > 0 && (
        <p class="empty" role="status">
          {awaited}{" "}
          of what is shown is still being drawn: the gateway asks the generators, which takes seconds.
        </p>
      )}
      {faults.map((sentence) => <p key={sentence} class="note">{sentence}</p>)}
      {memory && !memory.real && (
        <p class="fault">The sketch of task {task} is lost: there is nothing to compare with.</p>
      )}
      {memory?.real && <ReplayFigures {...{ name, memory, origins, share, spec }} />}
    </>
  );
}

interface FiguresProps {
  name: string;
  memory: Memory;
  origins: readonly Origin[];
  share: number;
  /** What a pose is of; undefined where no robot is known. */
  spec: TaskSpec | undefined;
}

function ReplayFigures({ name, memory, origins, share, spec }: FiguresProps) {
  const { task, real, stateDim } = memory;
  return (
    <div class="figures">
      {spec && origins.length > 0 && (
        <Figure {...aboutReplay("poses", name, task)} isWide>
          <LineupFigure spec={spec} memory={memory} origins={origins} share={share} />
        </Figure>
      )}
      <Figure {...aboutReplay("cloud", name, task)}>
        <StateCloud real={real!} stateDim={stateDim} origins={origins} share={share} />
      </Figure>
      <Figure {...aboutReplay("quantiles", name, task)} isWide>
        <QuantileStrips memory={memory} origins={origins} />
      </Figure>
    </div>
  );
}

function ReplayChoice(
  { tasks, task, memory, chosen }: {
    tasks: TabProps["state"]["learner"]["tasks"];
    task: number;
    memory: Memory | undefined;
    chosen: readonly number[];
  },
) {
  return (
    <div class="robot-choices">
      <label class="choice">
        Task{" "}
        <select
          value={String(task)}
          onChange={(event) => choose({ task: event.currentTarget.value, g: undefined })}
        >
          {tasks.map((one) => (
            <option key={one.task} value={String(one.task)}>task {one.task}: {one.name}</option>
          ))}
        </select>
      </label>
      {memory && memory.generations.length === 0 && <p class="note">No version has learnt this task yet.</p>}
      {memory && memory.generations.length > 0 && <Generations memory={memory} chosen={chosen} />}
    </div>
  );
}

function Generations({ memory, chosen }: { memory: Memory; chosen: readonly number[] }) {
  const toggle = (version: number) => {
    const next = chosen.includes(version) ? chosen.filter((one) => one !== version) : [...chosen, version];
    choose({ g: next.sort((a, b) => a - b).join(",") });
  };
  return (
    <fieldset class="generations">
      <legend>Pseudo-samples</legend>
      {memory.generations.map(({ version, generation }) => (
        <label key={version}>
          <input type="checkbox" checked={chosen.includes(version)} onChange={() => toggle(version)} />{" "}
          generation {generation}: version {version}
        </label>
      ))}
    </fieldset>
  );
}

function useMemory(name: string, task: number, news: unknown) {
  const [loaded, setLoaded] = useState<{ answer?: Memory; fault?: string }>({});
  useEffect(() => {
    let isOver = false;
    client.value.tasks.memory(name, task).then(
      (answer) => isOver || setLoaded({ answer }),
      (error) => isOver || setLoaded({ fault: sentenceOf(error) }),
    );
    return () => void (isOver = true);
  }, [name, task, news]);
  return { answer: loaded.answer?.task === task ? loaded.answer : undefined, fault: loaded.fault };
}

/** The origins that have arrived, in order; why others failed; how many are still awaited. */
interface Gathered {
  origins: readonly (Origin | undefined)[];
  faults: readonly string[];
  awaited: number;
}

const NOTHING: Gathered = { origins: [], faults: [], awaited: 0 };

/** States of every origin, each as soon as it arrives; an origin that fails is reported, and the rest shown. */
function useOrigins(
  name: string,
  memory: Memory | undefined,
  versions: readonly number[],
  head: number | null,
) {
  const [loaded, setLoaded] = useState(NOTHING);
  const mark = JSON.stringify([memory?.task, memory?.dataset.kept, versions, head]);
  useEffect(() => {
    if (!memory?.real) return setLoaded(NOTHING);
    let isOver = false;
    const { task, dataset } = memory;
    const asked = [
      ...dataset.kept ? [realOrigin(name, task)] : [],
      ...versions.map((version) => pseudoOrigin(name, memory, version)),
      ...head === null ? [] : [policyOrigin(name, task, head)],
    ];
    setLoaded({ ...NOTHING, awaited: asked.length });
    const add = (change: (before: Gathered) => Partial<Gathered>) =>
      isOver || setLoaded((before) => ({ ...before, ...change(before), awaited: before.awaited - 1 }));
    asked.forEach((one, place) =>
      one.then(
        (origin) => add(({ origins }) => ({ origins: Object.assign([...origins], { [place]: origin }) })),
        (error) => add(({ faults }) => ({ faults: [...faults, `Not shown: ${sentenceOf(error)}.`] })),
      )
    );
    return () => void (isOver = true);
  }, [mark]);
  const origins = useMemo(() => loaded.origins.filter((origin) => origin !== undefined), [loaded]);
  return { ...loaded, origins };
}

const ABOUT = {
  poses: [
    "What is remembered, as robots",
    "A state of each, at the same share along the direction in which real states vary most. A robot's position is not observed.",
    "Rows that still exist, samples of the versions' generators, and an episode of the serving policy in this page.",
  ],
  cloud: [
    "States in one picture",
    "The two main directions of the real held-out states. Rings mark the states that are drawn as robots.",
    "Moments of the task's sketch; up to 160 rows of each origin, evenly spaced.",
  ],
  quantiles: [
    "Each dimension by itself",
    "Grey is real: quantiles that the sketch has kept. Numbers say how far pseudo-samples are from them on average, in spreads of the real ones.",
    "Quantiles of the sketch and of 1,024 pseudo-samples.",
  ],
} as const;

function aboutReplay(id: keyof typeof ABOUT, name: string, task: number) {
  const [title, note, words] = ABOUT[id];
  const doing = { method: "GET" as const, path: pathOf(name, `/tasks/${task}/memory`) };
  return { id, title, note, source: { words, doing } };
}
