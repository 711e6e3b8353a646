/**
 * CartPole (Barto, Sutton and Anderson 1983, as in Gymnasium): a task with two discrete actions, for tests.
 * @module
 */
import { createRng } from "@cugro/algorithm";

/** Steps after which an episode is cut. */
export const LIMIT = 200;
const GRAVITY = 9.8, CART = 1, POLE = 0.1, HALF_LENGTH = 0.5, FORCE = 10, SECONDS = 0.02;
const FALLEN = 12 * Math.PI / 180, OFF_TRACK = 2.4;

/** Position, velocity, angle, angular velocity. */
export type CartState = [number, number, number, number];

/** A start near the upright position. */
export function startState(rng: { uniform(): number }): CartState {
  return [0, 0, 0, 0].map(() => 0.1 * rng.uniform() - 0.05) as CartState;
}

/** The state after pushing left (0) or right (1). */
export function push([x, v, angle, spin]: CartState, action: number): CartState {
  const force = action === 1 ? FORCE : -FORCE;
  const mass = CART + POLE, moment = POLE * HALF_LENGTH;
  const drive = (force + moment * spin ** 2 * Math.sin(angle)) / mass;
  const turn = (GRAVITY * Math.sin(angle) - Math.cos(angle) * drive) /
    (HALF_LENGTH * (4 / 3 - POLE * Math.cos(angle) ** 2 / mass));
  const push = drive - moment * turn * Math.cos(angle) / mass;
  return [x + SECONDS * v, v + SECONDS * push, angle + SECONDS * spin, spin + SECONDS * turn];
}

/** Whether the pole has fallen or the cart left its track. */
export function isOver([x, , angle]: CartState): boolean {
  return Math.abs(x) > OFF_TRACK || Math.abs(angle) > FALLEN;
}

/** Recorded steps, field by field. */
export interface Recording {
  states: number[];
  actions: number[];
  rewards: number[];
  nextStates: number[];
  terminals: number[];
  timeouts: number[];
  returns: number[];
}

/** Episodes of which a share `good` is steered well, the rest at random; a good driver errs now and then, too. */
export function recordCartPole(episodes: number, good: number, seed: number): Recording {
  const rng = createRng(seed, "cart-pole");
  const recording: Recording = {
    ...{ states: [], actions: [], rewards: [], nextStates: [], terminals: [], timeouts: [], returns: [] },
  };
  for (let episode = 0; episode < episodes; episode++) {
    const drives = episode < good * episodes;
    let state = startState(rng);
    for (let step = 1; step <= LIMIT; step++) {
      const steered = state[2] + 0.4 * state[3] + 0.05 * state[1] + 0.02 * state[0] > 0 ? 1 : 0;
      const action = drives && rng.uniform() > 0.35 ? steered : Math.floor(2 * rng.uniform());
      const next = push(state, action);
      const over = isOver(next);
      recording.states.push(...state);
      recording.actions.push(action);
      recording.rewards.push(1);
      recording.nextStates.push(...next);
      recording.terminals.push(over ? 1 : 0);
      recording.timeouts.push(!over && step === LIMIT ? 1 : 0);
      state = next;
      if (over || step === LIMIT) {
        recording.returns.push(step);
        break;
      }
    }
  }
  return recording;
}
