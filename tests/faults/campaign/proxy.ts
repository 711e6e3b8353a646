/**
 * A cable that can be cut: a TCP proxy on loopback between one process and one server.
 * @module
 */
import { connect, createServer, type Socket } from "node:net";

/** A cable. */
export interface Cable {
  /** Where the process connects to instead of the server. */
  port: number;
  /** Connections break, and new ones are refused. */
  cut(): void;
  /** Connections stay open, but nothing gets through either way: a half-open network. */
  hold(): void;
  /** As it was; what was held is let through. */
  mend(): void;
  close(): Promise<void>;
}

/** Starts a proxy to a server on this machine. */
export async function startCable(targetPort: number): Promise<Cable> {
  let state: "whole" | "cut" | "held" = "whole";
  const pairs = new Set<[Socket, Socket]>();
  const server = createServer((client) => {
    if (state === "cut") return void client.destroy();
    const upstream = connect(targetPort, "127.0.0.1");
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const [from, to] of [pair, [upstream, client]] as [Socket, Socket][]) {
      from.on("data", (bytes) => {
        if (!to.write(bytes)) from.pause();
      });
      to.on("drain", () => state === "held" || from.resume());
      from.on("close", end);
      from.on("error", end);
    }
    if (state === "held") { for (const socket of pair) socket.pause(); }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    cut() {
      state = "cut";
      for (const pair of pairs) for (const socket of pair) socket.destroy();
    },
    hold() {
      state = "held";
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    mend() {
      state = "whole";
      for (const pair of pairs) for (const socket of pair) socket.resume();
    },
    async close() {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
