/**
 * Clients of the experiment `act`, in a thread of their own: they ask, and ask again when they have their answer.
 * @module
 */
import { sleep } from "@cugro/async";

/** What they are to do. */
export interface ClientsTask {
  url: string;
  token: string;
  /** Who acts. */
  learner: string;
  clients: number;
  seconds: number;
  stateDim: number;
  /** Observations of a request. @default 1 */
  rows?: number;
  /** Whether an unrelated route is asked beside it. @default true */
  visit?: boolean;
}

/** Times of answers (ms): of requests to act, and of another route beside them. */
export interface ClientsResult {
  act: number[];
  other: number[];
}

interface Thread {
  onmessage: (event: MessageEvent<ClientsTask>) => void;
  postMessage(result: ClientsResult): void;
}
// cast: the types of this file are those of a page, not of a worker thread.
const thread = globalThis as unknown as Thread;

async function time(ask: () => Promise<Response>): Promise<number> {
  const started = performance.now();
  const response = await ask();
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  return performance.now() - started;
}

async function run(
  { url, token, learner, clients, seconds, stateDim, rows = 1, visit = true }: ClientsTask,
): Promise<ClientsResult> {
  const deadline = performance.now() + 1000 * seconds;
  const result: ClientsResult = { act: [], other: [] };
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const client = async (number: number) => {
    for (let seed = number; performance.now() < deadline; seed += clients) {
      const row = Array.from({ length: stateDim }, (_, i) => Math.sin(seed + i));
      const body = JSON.stringify({ task: 1 + seed % 3, observations: Array(rows).fill(row), seed });
      result.act.push(
        await time(() => fetch(`${url}/v1/learners/${learner}/act`, { method: "POST", headers, body })),
      );
    }
  };
  const visitor = async () => {
    while (performance.now() < deadline) {
      result.other.push(await time(() => fetch(`${url}/healthz`)));
      await sleep(20);
    }
  };
  await Promise.all([visit ? visitor() : undefined, ...Array.from({ length: clients }, (_, i) => client(i))]);
  return result;
}

thread.onmessage = async ({ data }) => thread.postMessage(await run(data));
