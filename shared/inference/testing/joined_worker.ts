/**
 * For tests only: a thread that joins the sessions it is sent, in the memory it is sent first.
 * @module
 */
import { type JoinedInput, joinMemory } from "../joined_session.ts";
import type { WorkPlace } from "../kernels.ts";
import type { NoiseSource } from "../drawn_noise.ts";

/** What the thread is asked. */
export interface JoinedQuestion {
  session: JoinedInput;
  place: WorkPlace;
  task: number;
  states: Float32Array;
  noise: NoiseSource;
}

let place: WorkPlace;
let join: ReturnType<typeof joinMemory>;
// cast: the types of this file are those of a page, not of a worker thread.
const thread = globalThis as unknown as {
  onmessage: (event: MessageEvent<WebAssembly.Memory | JoinedQuestion>) => void;
  postMessage(answer: Float32Array | string): void;
};

thread.onmessage = ({ data }) => {
  if (!("task" in data)) return void (join = joinMemory(data, () => place));
  place = data.place;
  try {
    thread.postMessage(join(data.session).act(data.task, data.states, data.noise));
  } catch (error) {
    thread.postMessage((error as Error).message);
  }
};
