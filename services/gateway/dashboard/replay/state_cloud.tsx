/**
 * States of all origins in one picture: the plane in which the real ones spread most.
 * @module
 */
import type { Memory } from "@cugro/client";
import { atShare, placeIn, type Plane, planeOf } from "./sketch_plane.ts";
import type { Origin } from "./remembered.ts";

const [WIDTH, HEIGHT, REACH] = [640, 380, 4];
/** How far 50 and 90 % of a normal law's points are from its mean, in deviations of each direction. */
const ELLIPSES = [1.177, 2.146];

interface CloudProps {
  real: NonNullable<Memory["real"]>;
  stateDim: number;
  origins: readonly Origin[];
  /** Where in the order of the first direction the states are that are marked. */
  share: number;
}

/** States of all origins in one plane. */
export function StateCloud({ real, stateDim, origins, share }: CloudProps) {
  const names = origins.map(({ name }) => name).join(", ");
  const plane = planeOf(real, stateDim);
  return (
    <>
      <svg
        class="state-cloud"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`States of ${names || "nothing yet"} in the plane in which real ones vary most`}
      >
        {ELLIPSES.map((radius) => (
          <ellipse
            key={radius}
            cx={WIDTH / 2}
            cy={HEIGHT / 2}
            rx={radius / REACH * WIDTH / 2}
            ry={radius / REACH * HEIGHT / 2}
          />
        ))}
        {origins.map((origin) => (
          <Points key={origin.key} real={real} plane={plane} origin={origin} share={share} />
        ))}
      </svg>
      <ul class="legend">
        <li class="line-7 dashed">where 50 and 90 % of real held-out states would be</li>
        {origins.map(({ key, name, colour, rows }) => (
          <li key={key} class={`line-${colour}`}>{name} ({rows.toLocaleString("en")})</li>
        ))}
      </ul>
    </>
  );
}

function Points(
  { real, plane, origin: { colour, states }, share }: Pick<CloudProps, "real" | "share"> & {
    plane: Plane;
    origin: Origin;
  },
) {
  const places = states.map((state) => placeIn(plane, real, state));
  const marked = places[atShare(places, share)];
  const x = (value: number) => WIDTH / 2 * (1 + within(value / (REACH * plane.deviations[0])));
  const y = (value: number) => HEIGHT / 2 * (1 - within(value / (REACH * plane.deviations[1])));
  return (
    <g class={`line-${colour}`}>
      {places.map(([a, b], i) => <circle key={i} cx={x(a)} cy={y(b)} r={2.4} />)}
      {marked && <circle class="marked" cx={x(marked[0])} cy={y(marked[1])} r={7} />}
    </g>
  );
}

/** What is further away stands at the edge. */
const within = (value: number) => Math.max(-1, Math.min(1, Number.isFinite(value) ? value : 0));
