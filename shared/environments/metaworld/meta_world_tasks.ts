/**
 * Meta-World's tasks by their names, and the streams that are made of them.
 * @module
 */
import { META_WORLD } from "../gymnasium/adapted.ts";

/** Steps of an episode. */
export const META_WORLD_HORIZON = 200;

/** Streams of the paper (cl5) and of Continual World (cw10): names of tasks, in the order in which they are learnt. */
export const META_WORLD_STREAMS: Readonly<Record<string, readonly string[]>> = {
  cl5: ["coffee-button", "drawer-close", "plate-slide-back", "window-close", "window-open"],
  cw10: [
    ...["hammer", "push-wall", "faucet-close", "push-back", "stick-pull"],
    ...["handle-press-side", "push", "shelf-place", "window-close", "peg-unplug-side"],
  ],
};

/** All fifty, with the ten and the five among them. */
export const META_WORLD_TASKS: readonly string[] = [
  ...[
    "assembly",
    "basketball",
    "bin-picking",
    "box-close",
    "button-press-topdown",
    "button-press-topdown-wall",
  ],
  ...["button-press", "button-press-wall", "coffee-button", "coffee-pull", "coffee-push", "dial-turn"],
  ...["disassemble", "door-close", "door-lock", "door-open", "door-unlock", "hand-insert", "drawer-close"],
  ...["drawer-open", "faucet-open", "faucet-close", "hammer", "handle-press-side", "handle-press"],
  ...["handle-pull-side", "handle-pull", "lever-pull", "pick-place-wall", "pick-out-of-hole", "pick-place"],
  ...["plate-slide", "plate-slide-side", "plate-slide-back", "plate-slide-back-side", "peg-insert-side"],
  ...["peg-unplug-side", "soccer", "stick-push", "stick-pull", "push", "push-wall", "push-back", "reach"],
  ...["reach-wall", "shelf-place", "sweep-into", "sweep", "window-open", "window-close"],
];

/**
 * The id of a task: `push` -> `Meta-World/push-v3`.
 *
 * @param task its name
 * @returns an id of Gymnasium
 */
export function metaWorldId(task: string): string {
  return `${META_WORLD.namespace}/${task}-v3`;
}
