/**
 * Runs in a thread that computes for sessions of its parent. The other side: `inference_threads.ts`.
 * @module
 */
import { type JoinedSession, joinMemory, type WorkPlace } from "@cugro/inference";
import type { FromInference, ToInference } from "./inference_threads.ts";

interface Thread {
  onmessage: (event: MessageEvent<ToInference>) => void;
  postMessage(message: FromInference): void;
}
// cast: the types of this file are those of a page, not of a worker thread.
const thread = globalThis as unknown as Thread;
const sessions = new Map<number, JoinedSession>();
let join: ReturnType<typeof joinMemory>;
let place: WorkPlace;

function act(question: Extract<ToInference, { act: number }>): Float32Array {
  const { session, joined, task, states, noise } = question;
  if (joined) sessions.set(session, join(joined));
  place = question.place;
  return sessions.get(session)!.act(task, states, noise);
}

thread.onmessage = ({ data }) => {
  if ("memory" in data) {
    sessions.clear();
    return void (join = joinMemory(data.memory, () => place));
  }
  if ("forget" in data) return void sessions.delete(data.forget);
  try {
    thread.postMessage({ acted: data.act, actions: act(data) });
  } catch (error) {
    thread.postMessage({ failed: data.act, message: error instanceof Error ? error.message : String(error) });
  }
};
