/**
 * Pause, reset, slow motion.
 * @module
 */
import { choose } from "../state/route.ts";
import { isRecording, type Pace, type Show } from "./show.ts";
import { episodeBeside, sideWords } from "./shown_side.ts";

const SPEEDS = [1, 0.5, 0.25, 0.1];

export function RobotControls({ show }: { show: Show }) {
  const { isPaused, speed, seed } = show.pace.value;
  const hasEpisode = show.pictures.some(({ shown: { value } }) => value && isRecording(value));
  return (
    <div class="buttons robot-controls">
      <button type="button" class="primary" aria-pressed={!isPaused} onClick={() => togglePause(show)}>
        {isPaused ? "Play" : "Pause"}
      </button>
      <button type="button" onClick={() => show.reset()}>Reset</button>
      <button type="button" onClick={() => setPace(show, { seed: seed + 1 })}>Another start</button>
      {hasEpisode && <button type="button" onClick={() => anotherEpisode(show)}>Another episode</button>}
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

/** Shows the next episode wherever one of the data is shown; behind the last one comes the first. */
export function anotherEpisode({ pictures }: Show): void {
  const change: Record<string, string> = {};
  pictures.forEach(({ shown: { value } }, index) => {
    if (!value || !isRecording(value)) return;
    const episode = episodeBeside(value.episode, 1, value.episodes);
    change[index === 0 ? "a" : "b"] = sideWords({ kind: "data", episode }, value.learner);
  });
  if (Object.keys(change).length > 0) choose(change);
}

/** Changes the address, which the pace follows. Another start state begins again. */
export function setPace(show: Show, change: Partial<Pick<Pace, "speed" | "seed">>): void {
  const { speed, seed } = { ...show.pace.value, ...change };
  choose({ speed: speed === 1 ? undefined : String(speed), seed: seed === 0 ? undefined : String(seed) });
}
