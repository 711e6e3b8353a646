/**
 * Clients over WebSockets, in a thread of their own: they ask, and ask again when they have their answer.
 * @module
 */

/** What they are to do. */
export interface SocketsTask {
  /** Each client has one of each, and asks them in turns. */
  sockets: readonly { url: string; protocols?: readonly string[] }[];
  clients: number;
  seconds: number;
  stateDim: number;
}

/** Times of answers (ms), by socket. */
export type SocketsResult = number[][];

interface Thread {
  onmessage: (event: MessageEvent<SocketsTask>) => void;
  postMessage(result: SocketsResult): void;
}
// cast: the types of this file are those of a page, not of a worker thread.
const thread = globalThis as unknown as Thread;

/** A function that asks, and resolves with the answer. */
async function open({ url, protocols = [] }: SocketsTask["sockets"][number]) {
  const socket = new WebSocket(url, [...protocols]);
  await new Promise((resolve, reject) => [socket.onopen, socket.onclose] = [resolve, reject]);
  const ask = (text: string) =>
    new Promise<string>((resolve, reject) => {
      socket.onmessage = ({ data }) => resolve(data);
      socket.onclose = ({ code }) => reject(new Error(`${url} ended with ${code}`));
      socket.send(text);
    });
  return { ask, close: () => socket.close() };
}

async function run({ sockets, clients, seconds, stateDim }: SocketsTask): Promise<SocketsResult> {
  const times: SocketsResult = sockets.map(() => []);
  const lines = await Promise.all(Array.from({ length: clients }, () => Promise.all(sockets.map(open))));
  const deadline = performance.now() + 1000 * seconds;
  await Promise.all(lines.map(async (own, number) => {
    for (let seed = number; performance.now() < deadline; seed += clients) {
      const row = Array.from({ length: stateDim }, (_, i) => Math.sin(seed + i));
      const text = JSON.stringify({ task: 1 + seed % 3, observations: [row], seed });
      for (const [index, { ask }] of own.entries()) {
        const began = performance.now();
        const answer = await ask(text);
        times[index]!.push(performance.now() - began);
        if (answer.includes('"status"')) throw new Error(answer);
      }
    }
    for (const { close } of own) close();
  }));
  return times;
}

thread.onmessage = async ({ data }) => thread.postMessage(await run(data));
