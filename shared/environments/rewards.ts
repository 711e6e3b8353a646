/**
 * The reward law of a family, with the velocity v over the whole environment step and the action a as given:
 * - `speed`: `alive - |v_x - goal| - controlCost |a|^2`
 * - `direction`: `alive + scale (v_x cos + v_y sin) - controlCost |a|^2`
 * - `forward`: `alive + scale v_x - controlCost |a|^2`
 */
export interface RewardLaw {
  readonly kind: "speed" | "direction" | "forward";
  readonly scale: number;
  readonly alive: number;
  readonly controlCost: number;
}

/**
 * A law in one line.
 *
 * @param kind of what is rewarded
 * @param scale factor of the velocity
 * @param alive reward of each step
 * @param controlCost factor of the squared action
 * @returns the law
 */
export function rewardLaw(
  kind: RewardLaw["kind"],
  scale: number,
  alive: number,
  controlCost: number,
): RewardLaw {
  return { kind, scale, alive, controlCost };
}

/**
 * The reward of one environment step, the terminating one included.
 *
 * @param law kind, scale and costs
 * @param goal of the task
 * @param velocityX displacement of qpos[0] over the step divided by its duration, m/s
 * @param velocityY the same of qpos[1]
 * @param action `[A]` as the agent gave it, before any clamping
 * @returns reward of the step
 */
export function rewardOf(
  law: RewardLaw,
  goal: readonly number[],
  velocityX: number,
  velocityY: number,
  action: ArrayLike<number>,
): number {
  let squares = 0;
  for (let i = 0; i < action.length; i++) squares += action[i]! * action[i]!;
  const progress = progressOf(law.kind, goal, velocityX, velocityY);
  return law.alive + law.scale * progress - law.controlCost * squares;
}

function progressOf(
  kind: RewardLaw["kind"],
  goal: readonly number[],
  velocityX: number,
  velocityY: number,
): number {
  if (kind === "forward") return velocityX;
  if (kind === "speed") return -Math.abs(velocityX - goal[0]!);
  return velocityX * goal[0]! + velocityY * goal[1]!;
}
