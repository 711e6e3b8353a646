/**
 * Robots that act by a version's policy, one or two side by side; loaded when it is looked at, with MuJoCo and three.js.
 * @module
 */
import { useEffect, useMemo, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import { NothingYet } from "../parts/nothing_yet.tsx";
import { SourceNote } from "../parts/source_note.tsx";
import { pathOf } from "../state/command_lines.ts";
import { versionsOf } from "../state/version_history.ts";
import { choose, type Query } from "../state/route.ts";
import { isDark } from "../state/theme.ts";
import type { TabProps } from "../views/learner_view.tsx";
import type { Way } from "./player.ts";
import { FrameNote } from "./frame_note.tsx";
import { RobotControls } from "./robot_controls.tsx";
import { RobotCurves } from "./robot_curves.tsx";
import { SideChoice } from "./picture_choice.tsx";
import { type AskedShown, createShow, isRecording, type Pace, type Picture, type Show } from "./show.ts";
import { judgingVersion, parseSide, type ShownSide, usualSides } from "./shown_side.ts";
import { RobotStanding } from "./robot_standing.tsx";
import { followRobotKeys } from "./robot_keys.ts";
import { type KeptRows, useKeptRows } from "./kept_rows.ts";

export function RobotsView({ state, query }: TabProps) {
  const { learner: { name, tasks }, history } = state;
  const versions = versionsOf(history);
  const known = tasks.filter(({ task }) => versions.some((version) => version.tasks.includes(task)));
  const task = Number(query.task ?? known[0]?.task);
  const show = useShow(query);
  const kept = useKeptRows(name, task);
  if (known.length === 0) return <p class="empty">There is no version yet that could act.</p>;
  const usual = usualSides(task, versions);
  const sides = [sideOf(query.a, name, usual[0]), sideOf(query.b, name, usual[1])] as const;
  const by = query.by as Way | undefined;
  const judge = (beside: ShownSide | undefined) => judgingVersion(beside, { learner: name, task }, versions);
  return (
    <section class="robots" aria-labelledby="robots-title">
      <h2 id="robots-title">Watch it act</h2>
      <p class="note">
        The robot of the task in MuJoCo, stepped as in evaluations, acting by the weights of a version, or
        posed by the states of an episode of the task's data, where its rows still exist. Pull it with the
        mouse or a finger; turn the view beside it.
      </p>
      <TaskChoice tasks={known} task={task} by={by} />
      {kept === "gone" && <GoneNote task={task} />}
      <div class="robot-pictures">
        {sides.map((side, index) => (
          <RobotPicture
            key={index}
            index={index as 0 | 1}
            {...{ show, state, task, side, kept }}
            asked={askedOf(side, { state, task, by, version: judge(sides[1 - index]) })}
          />
        ))}
      </div>
      <RobotControls show={show} />
      <RobotCurves show={show} />
      <FrameNote show={show} />
      <SourceNote source={sourceOf(name, task, sides)} />
    </section>
  );
}

function GoneNote({ task }: { task: number }) {
  return (
    <p class="note">
      The rows of task {task} are gone, so that no episode of its data can be shown beside a version.
    </p>
  );
}

/** Runs while the view is open. */
function useShow(query: Query): Show {
  const show = useMemo(() => createShow(signal(paceOf(query))), []);
  // Somebody went to another address of this view.
  useEffect(() => {
    const { speed, seed } = paceOf(query);
    const isOther = seed !== show.pace.value.seed;
    show.pace.value = { ...show.pace.value, speed, seed };
    if (isOther) show.reset();
  }, [query.speed, query.seed]);
  useEffect(() => {
    const stop = followRobotKeys(show);
    return () => {
      stop();
      show.close();
    };
  }, []);
  return show;
}

function paceOf({ seed, speed, still }: Query): Pace {
  const isStill = still === "1" || matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pace = Number(speed);
  return { isPaused: isStill, speed: pace > 0 && pace <= 4 ? pace : 1, seed: Number(seed) >>> 0 };
}

/** What the address says, else what is usual; `none` is nothing. */
function sideOf(
  words: string | undefined,
  learner: string,
  usual: number | undefined,
): ShownSide | undefined {
  if (words !== undefined) return parseSide(words, learner);
  return usual === undefined ? undefined : { kind: "version", learner, version: usual };
}

function TaskChoice(
  { tasks, task, by }: { tasks: TabProps["state"]["learner"]["tasks"]; task: number; by: Way | undefined },
) {
  return (
    <div class="robot-choices">
      <label class="choice">
        Task{" "}
        <select
          value={String(task)}
          onChange={(event) => choose({ task: event.currentTarget.value, a: undefined, b: undefined })}
        >
          {tasks.map((one) => (
            <option key={one.task} value={String(one.task)}>task {one.task}: {one.name}</option>
          ))}
        </select>
      </label>
      <label class="choice">
        Acts by{" "}
        <select value={by ?? ""} onChange={(event) => choose({ by: event.currentTarget.value || undefined })}>
          <option value="">as the version serves the task</option>
          {["actor", "proposer", "sampler"].map((way) => <option key={way} value={way}>{way}</option>)}
        </select>
      </label>
    </div>
  );
}

interface PictureProps {
  index: 0 | 1;
  show: Show;
  state: TabProps["state"];
  task: number;
  side: ShownSide | undefined;
  kept: KeptRows;
  asked: AskedShown | undefined;
}

/** What a picture is asked for. @param version the one that judges an episode of the data */
function askedOf(
  side: ShownSide | undefined,
  { state: { learner }, task, by, version }: {
    state: TabProps["state"];
    task: number;
    by: Way | undefined;
    version: number | undefined;
  },
): AskedShown | undefined {
  if (side?.kind === "version") return { learner: side.learner, version: side.version, task, by };
  const episodes = learner.tasks.find((one) => one.task === task)?.episodes ?? 1;
  // Without a version that knows the task the first one says so.
  return side && { learner: learner.name, task, episode: side.episode, episodes, version: version ?? 1 };
}

function RobotPicture({ index, show, state, task, side, kept, asked }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = show.pictures[index];
  const mark = JSON.stringify(asked);
  useEffect(() => {
    if (asked && canvas.current) return show.open(index, canvas.current, asked);
  }, [mark, isDark.value]);
  return (
    <article class="robot-picture" aria-label={index === 0 ? "First robot" : "Second robot"}>
      <SideChoice index={index} state={state} task={task} side={side} kept={kept} />
      {!asked && <p class="empty">Choose a version to see it beside the other.</p>}
      {asked && (
        <>
          {/* A canvas keeps the drawer that it has had first. */}
          <canvas
            key={mark + isDark.value}
            ref={canvas}
            tabIndex={0}
            role="img"
            aria-label={labelOf(picture, task)}
          />
          <Opening picture={picture} what={side?.kind === "data" ? "the episode" : "the policy"} />
          <RobotStanding show={show} picture={picture} />
        </>
      )}
    </article>
  );
}

function Opening({ picture, what }: { picture: Picture; what: string }) {
  if (picture.shown.value && picture.fault.value === undefined) return null;
  return <NothingYet fault={picture.fault.value} what={what} />;
}

function labelOf({ shown: { value } }: Picture, task: number): string {
  if (!value) return "A robot is being loaded";
  if (isRecording(value)) return `The robot of task ${task}, in episode ${value.episode} of its data`;
  return `The robot of task ${task}, acting by version ${value.version} of ${value.learner}`;
}

function sourceOf(name: string, task: number, sides: readonly (ShownSide | undefined)[]) {
  const data = sides.find((side) => side?.kind === "data");
  const shown = sides.find((side) => side?.kind === "version");
  if (data?.kind === "data" && !shown) {
    return {
      words: "Rows of the task's dataset, as they were recorded; nothing is simulated.",
      doing: { method: "GET" as const, path: pathOf(name, `/tasks/${task}/rows?episode=${data.episode}`) },
    };
  }
  const [learner, version] = shown?.kind === "version" ? [shown.learner, shown.version] : [name, 1];
  return {
    words:
      "Weights of the version, computed in this page; where it samples, the gateway is asked for each step. The physics and " +
      "the rewards are those of evaluations, in MuJoCo's WebAssembly." +
      (data ? " An episode of the data is as it was recorded." : ""),
    doing: { method: "GET" as const, path: pathOf(learner, `/versions/${version}/policy`) },
  };
}
