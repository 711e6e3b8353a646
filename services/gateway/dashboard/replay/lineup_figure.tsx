/**
 * One robot for each origin, in the pose at the same share of what that origin remembers.
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Memory } from "@cugro/client";
import { openShownWorld, type ShownWorld } from "@cugro/environments/shown";
import type { TaskSpec } from "@cugro/environments/families";
import { choose } from "../state/route.ts";
import { sentenceOf } from "../state/page_session.ts";
import { isDark } from "../state/theme.ts";
import { drawLineup } from "./lineup.ts";
import { atShare, placeIn, planeOf } from "./sketch_plane.ts";
import type { Origin } from "./remembered.ts";

interface LineupProps {
  spec: TaskSpec;
  memory: Memory;
  origins: readonly Origin[];
  share: number;
}

/** The robot in poses of each origin. */
export function LineupFigure({ spec, memory, origins, share }: LineupProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { world, fault } = useWorld(spec);
  const dark = isDark.value;
  useEffect(() => {
    if (!world || !canvas.current || origins.length === 0) return;
    return drawLineup(canvas.current, world, origins.map((origin) => poseOf(origin, memory, share)));
  }, [world, origins, share, dark]);
  const names = origins.map(({ name }) => name).join(", ");
  return (
    <>
      <label class="choice share">
        From one end of the main direction to the other{" "}
        <input
          type="range"
          min="0"
          max="100"
          value={Math.round(100 * share)}
          onInput={(event) => choose({ share: event.currentTarget.value })}
        />
      </label>
      {fault !== undefined && <p class="fault" role="alert">No robot can be drawn: {fault}</p>}
      {/* A canvas keeps the drawer that it has had first. */}
      <canvas
        key={`${names} ${share} ${dark}`}
        ref={canvas}
        class="lineup"
        role="img"
        aria-label={`Robots in the pose of a state of ${names}, from left to right`}
      />
      <ol class="lineup-names">
        {origins.map(({ key, name, colour }) => <li key={key} class={`line-${colour}`}>{name}</li>)}
      </ol>
    </>
  );
}

function poseOf({ states, colour }: Origin, { real, stateDim }: Memory, share: number) {
  const plane = planeOf(real!, stateDim);
  const places = states.map((state) => placeIn(plane, real!, state));
  return { state: states[atShare(places, share)]!, colour };
}

function useWorld(spec: TaskSpec): { world: ShownWorld | undefined; fault: string | undefined } {
  const [loaded, setLoaded] = useState<{ world?: ShownWorld; fault?: string }>({});
  const mark = JSON.stringify(spec);
  useEffect(() => {
    let [isOver, opened] = [false, undefined as ShownWorld | undefined];
    openShownWorld(spec).then((world) => {
      if (isOver) return world.close();
      opened = world;
      setLoaded({ world });
    }, (error) => isOver || setLoaded({ fault: sentenceOf(error) }));
    return () => {
      isOver = true;
      opened?.close();
    };
  }, [mark]);
  return { world: loaded.world, fault: loaded.fault };
}
