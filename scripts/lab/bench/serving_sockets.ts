/**
 * The part of the group `serving` that is about WebSockets: the gateway's beside a bare echo of the library that it stands
 * on, in turns.
 * @module
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { actSocketPath, actSocketProtocols } from "@cugro/protocol/act-socket";
import type { SocketsResult, SocketsTask } from "./socket_clients.ts";

/** Medians and so on of answers (ms). */
export interface SocketTimes {
  act: number[];
  echo: number[];
  act16: number[];
  echo16: number[];
}

/**
 * An echo as the library comes.
 *
 * @returns its URL
 */
export async function openEcho(closing: (() => Promise<unknown>)[]): Promise<string> {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on(
    "connection",
    (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(async () => {
    for (const socket of sockets.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** One client that asks both in turns, then 16 at a time that ask one of them. */
export async function overSockets(
  { url, token, learner, echo, seconds, stateDim }: {
    url: string;
    token: string;
    learner: string;
    echo: string;
    seconds: number;
    stateDim: number;
  },
): Promise<SocketTimes> {
  const gateway = {
    url: url.replace("http", "ws") + actSocketPath(learner),
    protocols: actSocketProtocols(token),
  };
  const ask = (sockets: SocketsTask["sockets"], clients: number) =>
    runSockets({ sockets, clients, seconds, stateDim });
  const [act, bare] = await ask([gateway, { url: echo }], 1);
  const [act16] = await ask([gateway], 16), [echo16] = await ask([{ url: echo }], 16);
  return { act: act!, echo: bare!, act16: act16!, echo16: echo16! };
}

async function runSockets(task: SocketsTask): Promise<SocketsResult> {
  const worker = new Worker(new URL("./socket_clients.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise<SocketsResult>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(task);
    });
  } finally {
    worker.terminate();
  }
}
