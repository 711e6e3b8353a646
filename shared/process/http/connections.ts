/**
 * How many connections a server has at a time.
 * @module
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * One more than `most` costs the connection that has been without a whole request for the longest: so nobody keeps others
 * out by connections alone, the questions of who watches this process among them.
 */
export function limitConnections(server: Server, most: number): void {
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
}
