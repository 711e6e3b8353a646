/**
 * The pictures of the robots together: they begin alike, go on at one pace, and what is seen of them is kept for curves.
 * @module
 */
import { type Signal, signal } from "@preact/signals";
import { openShownWorld, type ShownWorld } from "@cugro/environments/shown";
import { sentenceOf } from "../state/page_session.ts";
import { createDriver, type Driver, stepSeconds } from "./driver.ts";
import { type FrameFigures, runFrames } from "./run_frames.ts";
import { type AskedPlayer, openPlayer, type Player } from "./player.ts";
import { createPusher, type Pusher } from "./push.ts";
import { createRecordedDriver } from "./recorded_driver.ts";
import { type AskedRecording, openRecording, type Recording } from "./recorded_episode.ts";
import { openStage, type Stage } from "./stage.ts";

/** Whether they are running, how fast, and from which start state. */
export interface Pace {
  isPaused: boolean;
  /** 1: as fast as the robot. */
  speed: number;
  seed: number;
}

/** The contents of a picture: a policy that acts, or an episode of the data. */
export type Shown = Player | Recording;
/** The requested contents. */
export type AskedShown = AskedPlayer | AskedRecording;

/** Whether it was recorded, so that nobody acts. */
export const isRecording = (shown: Shown): shown is Recording => "rows" in shown;

/** One picture. */
export interface Picture {
  shown: Signal<Shown | undefined>;
  fault: Signal<string | undefined>;
  driver: Driver | undefined;
}

export interface Show {
  readonly pictures: readonly [Picture, Picture];
  readonly pace: Signal<Pace>;
  /** Tenths of a second, while there is news. */
  readonly beat: Signal<number>;
  /** The renderer's name, once something is drawn. */
  readonly renderer: Signal<string | undefined>;
  figures(): FrameFigures;
  /** Opens a picture on a canvas. @returns what closes it */
  open(index: 0 | 1, canvas: HTMLCanvasElement, asked: AskedShown): () => void;
  reset(): void;
  /** Shoves all robots, along x and z. */
  shove(x: number, z: number): void;
  close(): void;
}

/** News for people (ms). */
const BEAT_MS = 100;
/** How long one sees that a robot has fallen (s). */
const FALLEN_SECONDS = 1.5;

/** A recording cannot be pushed. */
const NOBODY: Pusher = { apply: () => {}, shove: () => {}, dispose: () => {} };

/** The open parts of a picture. */
interface Opened {
  stage: Stage;
  pusher: Pusher;
  fallenFor: number;
}

/** Begins a show with nothing in it. */
export function createShow(pace: Signal<Pace>): Show {
  const pictures = [createPicture(), createPicture()] as const;
  const opened = new Map<Picture, Opened>();
  const beat = signal(0);
  const renderer = signal<string | undefined>(undefined);
  const frames = runFrames((seconds) => {
    for (const [picture, open] of opened) moveOn(picture, open, pace.value, seconds);
    return opened.size > 0;
  }, () => {
    for (const { stage } of opened.values()) stage.draw();
    bump(beat);
  });
  const reset = () => pictures.forEach((picture) => picture.driver?.reset(pace.value.seed));
  const shut = (picture: Picture) => {
    closePicture(picture, opened.get(picture));
    opened.delete(picture);
  };
  const open: Show["open"] = (index, canvas, asked) => {
    const picture = pictures[index];
    const stop = new AbortController();
    void openPicture(picture, { canvas, asked, tone: index, signal: stop.signal }).then((found) => {
      if (!found) return;
      opened.set(picture, found);
      reset(); // A later robot begins with the others.
      renderer.value = found.stage.renderer;
    });
    return () => {
      stop.abort();
      shut(picture);
    };
  };
  return {
    ...{ pictures, pace, beat, renderer, figures: frames.figures, open, reset },
    shove: (x, z) => opened.forEach(({ pusher }) => pusher.shove(x, z)),
    close() {
      frames.stop();
      for (const picture of [...opened.keys()]) shut(picture);
    },
  };
}

function bump(beat: Signal<number>): void {
  const now = Math.floor(performance.now() / BEAT_MS);
  if (beat.value !== now) beat.value = now;
}

function createPicture(): Picture {
  return { shown: signal(undefined), fault: signal(undefined), driver: undefined };
}

interface Opening {
  canvas: HTMLCanvasElement;
  asked: AskedShown;
  tone: number;
  signal: AbortSignal;
}

async function openPicture(
  picture: Picture,
  { canvas, asked, tone, signal }: Opening,
): Promise<Opened | undefined> {
  picture.shown.value = picture.fault.value = undefined;
  let [shown, world] = [undefined as Shown | undefined, undefined as ShownWorld | undefined];
  try {
    shown = "episode" in asked ? await openRecording(asked) : await openPlayer(asked);
    world = await openShownWorld(shown.spec);
    if (signal.aborted) {
      shown.close();
      world.close();
      return undefined;
    }
    const driver = isRecording(shown) ? createRecordedDriver(world, shown) : createDriver(world, shown);
    const stage = openStage(canvas, world, tone);
    const pusher = isRecording(shown) ? NOBODY : createPusher(stage, world);
    picture.driver = driver;
    picture.shown.value = shown;
    return { stage, pusher, fallenFor: 0 };
  } catch (error) {
    shown?.close();
    world?.close();
    if (!signal.aborted) picture.fault.value = sentenceOf(error);
    return undefined;
  }
}

function closePicture(picture: Picture, open: Opened | undefined): void {
  open?.pusher.dispose();
  open?.stage.dispose();
  picture.driver?.close();
  picture.driver = undefined;
  picture.shown.value = undefined;
}

function moveOn(picture: Picture, open: Opened, { isPaused, speed, seed }: Pace, seconds: number): void {
  const { driver } = picture;
  if (!driver) return;
  const { world, standing } = driver;
  if (!isPaused) {
    driver.move(speed * seconds, () => open.pusher.apply(stepSeconds(world)));
    open.fallenFor = standing.end ? open.fallenFor + seconds : 0;
    if (open.fallenFor > FALLEN_SECONDS) driver.reset(seed);
  }
  open.stage.place();
}
