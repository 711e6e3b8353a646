/**
 * The pictures of the robots together: they begin alike, go on at one pace, and what is seen of them is kept for curves.
 * @module
 */
import { type Signal, signal } from "@preact/signals";
import { openShownWorld } from "@cugro/environments/shown";
import { sentenceOf } from "../state/session.ts";
import { createDriver, type Driver, stepSeconds } from "./driver.ts";
import { type FrameFigures, runFrames } from "./frames.ts";
import { type AskedPlayer, openPlayer, type Player } from "./player.ts";
import { createPusher, type Pusher } from "./push.ts";
import { openStage, type Stage } from "./stage.ts";

/** Whether they go on, how fast, and from which start state. */
export interface Pace {
  isPaused: boolean;
  /** 1: as fast as the robot. */
  speed: number;
  seed: number;
}

/** One picture. */
export interface Picture {
  player: Signal<Player | undefined>;
  fault: Signal<string | undefined>;
  driver: Driver | undefined;
}

export interface Show {
  readonly pictures: readonly [Picture, Picture];
  readonly pace: Signal<Pace>;
  /** Tenths of a second, while there is news. */
  readonly beat: Signal<number>;
  /** What draws, once something is drawn. */
  readonly renderer: Signal<string | undefined>;
  figures(): FrameFigures;
  /** Opens a picture on a canvas. @returns what closes it */
  open(index: 0 | 1, canvas: HTMLCanvasElement, asked: AskedPlayer): () => void;
  reset(): void;
  /** Shoves all robots, along x and z. */
  shove(x: number, z: number): void;
  close(): void;
}

/** News for people (ms). */
const BEAT_MS = 100;
/** How long one sees that a robot has fallen (s). */
const FALLEN_SECONDS = 1.5;

/** What is open of a picture. */
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
    tell(beat);
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

function tell(beat: Signal<number>): void {
  const now = Math.floor(performance.now() / BEAT_MS);
  if (beat.value !== now) beat.value = now;
}

function createPicture(): Picture {
  return { player: signal(undefined), fault: signal(undefined), driver: undefined };
}

interface Opening {
  canvas: HTMLCanvasElement;
  asked: AskedPlayer;
  tone: number;
  signal: AbortSignal;
}

async function openPicture(
  picture: Picture,
  { canvas, asked, tone, signal }: Opening,
): Promise<Opened | undefined> {
  picture.player.value = picture.fault.value = undefined;
  let player: Player | undefined;
  try {
    player = await openPlayer(asked);
    const world = await openShownWorld(player.spec);
    if (signal.aborted) {
      player.close();
      world.close();
      return undefined;
    }
    picture.driver = createDriver(world, player);
    const stage = openStage(canvas, world, tone);
    picture.player.value = player;
    return { stage, pusher: createPusher(stage, world), fallenFor: 0 };
  } catch (error) {
    player?.close();
    if (!signal.aborted) picture.fault.value = sentenceOf(error);
    return undefined;
  }
}

function closePicture(picture: Picture, open: Opened | undefined): void {
  open?.pusher.dispose();
  open?.stage.dispose();
  picture.driver?.close();
  picture.driver = undefined;
  picture.player.value = undefined;
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
