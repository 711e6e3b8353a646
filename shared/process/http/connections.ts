/**
 * How many connections a server has at a time, and for how long one may leave its answer lying.
 * @module
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * One more than `most` costs the connection that has been without a whole request for the longest: so nobody keeps others
 * out by connections alone, the questions of who watches this process among them.
 *
 * @param server whose connections are counted
 */
export function limitConnections(
  server: Server,
  { most, stallMs }: { most: number; stallMs: number },
): void {
  const open = new Set<Socket>();
  /** Without a request; the longest first. */
  const idle = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    idle.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      idle.delete(socket);
    });
    if (open.size > most) idle.values().next().value?.destroy();
  });
  server.on("request", ({ socket }: IncomingMessage, outgoing: ServerResponse) => {
    idle.delete(socket);
    outgoing.once("close", () => {
      if (open.has(socket)) idle.add(socket);
    });
  });
  // Who took it over sees to how long it may be idle.
  server.on("upgrade", ({ socket }: IncomingMessage) => idle.delete(socket));
  endStalled(server, open, stallMs);
}

/** Ends connections whose client takes nothing of what waits for it: they would count as busy forever. */
function endStalled(server: Server, open: ReadonlySet<Socket>, stallMs: number): void {
  const seen = new WeakMap<Socket, { sent: number; at: number }>();
  const look = () => {
    const now = performance.now();
    for (const socket of open) {
      const sent = socket.bytesWritten - socket.writableLength;
      const last = seen.get(socket);
      if (socket.writableLength === 0) seen.delete(socket);
      else if (last?.sent !== sent) seen.set(socket, { sent, at: now });
      else if (now - last.at >= stallMs) socket.destroy();
    }
  };
  server.on("listening", () => {
    const clock = setInterval(look, stallMs / 4);
    server.on("close", () => clearInterval(clock));
  });
}
