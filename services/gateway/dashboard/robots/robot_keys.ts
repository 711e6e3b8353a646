/**
 * Keys where robots are seen.
 * @module
 */
import { isWriting } from "../state/keyboard.ts";
import { anotherEpisode, setPace, togglePause } from "./robot_controls.tsx";
import type { Show } from "./show.ts";

const SLOW = 0.25;

/** Listens until it is stopped. */
export function followRobotKeys(show: Show): () => void {
  const acts: Record<string, () => void> = {
    " ": () => togglePause(show),
    r: () => show.reset(),
    s: () => setPace(show, { speed: show.pace.value.speed === 1 ? SLOW : 1 }),
    n: () => setPace(show, { seed: show.pace.value.seed + 1 }),
    e: () => anotherEpisode(show),
    ArrowLeft: () => show.shove(-1, 0),
    ArrowRight: () => show.shove(1, 0),
    ArrowUp: () => show.shove(0, 1),
    ArrowDown: () => show.shove(0, -1),
  };
  const onKey = (event: KeyboardEvent) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey || isWriting(target)) return;
    const isButton = target instanceof HTMLElement && target.matches("button, summary, a");
    if ((key === " " || key.startsWith("Arrow")) && (isButton || !isOnRobot(target, key))) return;
    const act = acts[key];
    if (!act) return;
    act();
    event.preventDefault();
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}

/** Arrows push where a robot has the focus; elsewhere they scroll. */
function isOnRobot(target: EventTarget | null, key: string): boolean {
  return key === " " || (target instanceof HTMLElement && target.matches(".robot-picture canvas"));
}
