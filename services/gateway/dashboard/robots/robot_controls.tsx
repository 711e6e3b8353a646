/**
 * Pause, reset, slow motion.
 * @module
 */
import { choose } from "../state/route.ts";
import type { Pace, Show } from "./show.ts";

const SPEEDS = [1, 0.5, 0.25, 0.1];

export function RobotControls({ show }: { show: Show }) {
  const { isPaused, speed, seed } = show.pace.value;
  return (
    <div class="buttons robot-controls">
      <button type="button" class="primary" aria-pressed={!isPaused} onClick={() => togglePause(show)}>
        {isPaused ? "Play" : "Pause"}
      </button>
      <button type="button" onClick={() => show.reset()}>Reset</button>
      <button type="button" onClick={() => setPace(show, { seed: seed + 1 })}>Another start</button>
      <label>
        Speed{" "}
        <select
          value={String(speed)}
          onChange={(event) => setPace(show, { speed: Number(event.currentTarget.value) })}
        >
          {[...new Set([...SPEEDS, speed])].map((one) => (
            <option key={one} value={String(one)}>{one === 1 ? "as it is" : `× ${one}`}</option>
          ))}
        </select>
      </label>
      <button type="button" class="small" onClick={() => show.shove(-1, 0)}>Shove back</button>
      <button type="button" class="small" onClick={() => show.shove(1, 0)}>Shove ahead</button>
      <span class="quiet">start state {seed}</span>
    </div>
  );
}

/** Stops all robots, or lets them go on. */
export function togglePause({ pace }: Show): void {
  pace.value = { ...pace.value, isPaused: !pace.value.isPaused };
}

/** Changes the address, which the pace follows. Another start state begins again. */
export function setPace(show: Show, change: Partial<Pick<Pace, "speed" | "seed">>): void {
  const { speed, seed } = { ...show.pace.value, ...change };
  choose({ speed: speed === 1 ? undefined : String(speed), seed: seed === 0 ? undefined : String(seed) });
}
