/**
 * A session of another thread, whose weights are in a memory that both have. The thread that opened it places and disposes;
 * those that join it only compute, each in a place of its own.
 * @module
 */
import type { Opened } from "./decisions.ts";
import type { NoiseSource } from "./drawn_noise.ts";
import { judgeOf, type PlacedJudge } from "./critic_judge.ts";
import { openJoined, sharedKernels, type WorkPlace } from "./kernels.ts";
import { networkOf, workBytes } from "./network.ts";
import type { PlacedNetwork } from "./placed_network.ts";
import { act } from "./session_questions.ts";

/** Input for joining a session: the places of its weights, and data of its tasks. Can be sent to a thread. */
export interface JoinedInput extends Pick<Opened, "tasks"> {
  input: Omit<Opened["input"], "kernel">;
  network: PlacedNetwork;
  judge: PlacedJudge | undefined;
  /** Working memory of a call, in bytes. */
  workBytes: number;
}

/** Acts as the session that it has joined, with the same bytes. */
export interface JoinedSession {
  act(task: number, states: Float32Array, noise: NoiseSource): Float32Array;
}

/** A memory that threads share, and the place that each of them computes in. */
export interface SharedMemory {
  /** To be sent to threads, and again whenever `sizeBytes` has changed: a thread knows it as long as it was then. */
  memory: WebAssembly.Memory;
  sizeBytes(): number;
  /**
   * A place for one thread.
   *
   * @throws {RangeError} when the memory is full
   */
  take(bytes: number): WorkPlace;
  release(place: WorkPlace): void;
}

/**
 * The memory of this thread's sessions that can be joined; undefined where WebAssembly is missing.
 *
 * @returns a memory that other threads can be given
 */
export function sharedMemory(): SharedMemory | undefined {
  const { shared, memory } = sharedKernels();
  return shared && {
    memory: shared,
    sizeBytes: () => shared.buffer.byteLength,
    take: (bytes) => ({ address: memory.take(bytes), bytes }),
    release: ({ address }) => memory.release(address),
  };
}

/**
 * What an open session is joined by.
 *
 * @param opened a session in shared memory
 * @returns addresses of its weights, and the bytes that a call writes to
 */
export function joinedInputOf({ input, tasks, network, judge }: Opened): JoinedInput {
  const networks = [network.placed, ...judge?.placed.networks ?? []];
  return {
    ...{ input, tasks, network: network.placed, judge: judge?.placed },
    workBytes: Math.max(...networks.map(workBytes)),
  };
}

/**
 * Compiles the kernel for a memory of another thread.
 *
 * @param place where this thread computes, asked at each call
 * @returns a function that joins sessions that were placed when the memory was sent
 */
export function joinMemory(
  memory: WebAssembly.Memory,
  place: () => WorkPlace,
): (session: JoinedInput) => JoinedSession {
  const kernels = openJoined(memory, place);
  return ({ input, tasks, network, judge }) => {
    const opened: Opened = {
      ...{ input, tasks, network: networkOf(network, kernels) },
      judge: judge && judgeOf(judge, input.hyperparameters, kernels),
    };
    return { act: (task, states, noise) => act(opened, task, states, noise) };
  };
}
