/**
 * Connections that leave HTTP for a WebSocket. Only the given handler takes any; a request for another protocol, or one that is
 * not taken, is answered as if it had not asked for an upgrade (RFC 9110, 7.8).
 * @module
 */
import { type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { hasBody, toRequest } from "./to_request.ts";

/** How long a refused client may take to read the answer (ms). */
const LINGER_MS = 2_000;

/** A request that becomes a WebSocket, if it is taken. */
export interface UpgradeRequest {
  /** As others are given. */
  request: Request;
  /** Input of the handshake: the request as Node has read it, its connection, and bytes that have already followed it. */
  incoming: IncomingMessage;
  socket: Socket;
  head: Uint8Array;
}

/** Takes connections over. */
export interface Upgrade {
  /** Whether a request is for it, by its head. */
  wants(method: string, url: string): boolean;
  /** Undefined: the connection is its own from now on. Else the answer, after which the connection ends. */
  take(asked: UpgradeRequest): Promise<Response | undefined>;
}

/**
 * Whether a connection may leave HTTP with this request.
 *
 * @param upgrade what this server upgrades to; undefined: nothing
 * @param incoming a request without a body
 * @returns false where it must be answered as HTTP
 */
export function isUpgrade(upgrade: Upgrade | undefined, incoming: IncomingMessage): boolean {
  const { method = "", url = "", headers } = incoming;
  // A body would be read as frames.
  if (!upgrade || headers.upgrade?.trim().toLowerCase() !== "websocket" || hasBody(incoming)) return false;
  return upgrade.wants(method, url);
}

/**
 * Hands over what {@link isUpgrade} allows.
 *
 * @param server whose upgraded connections are handed over
 * @param upgrade asked at each of them
 * @returns the connections that are no longer HTTP
 */
export function handleUpgrades(
  server: Server,
  upgrade: (() => Upgrade | undefined) | undefined,
): Set<Socket> {
  const upgraded = new Set<Socket>();
  server.on("upgrade", (incoming: IncomingMessage, _stream: unknown, head: Uint8Array) => {
    const { socket } = incoming;
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    // A client that disconnects now is no error.
    socket.on("error", () => socket.destroy());
    void hand(upgrade?.(), { incoming, socket, head });
  });
  return upgraded;
}

async function hand(upgrade: Upgrade | undefined, asked: Omit<UpgradeRequest, "request">): Promise<void> {
  const { incoming, socket } = asked;
  const gone = new AbortController();
  const leave = () => gone.abort();
  socket.once("close", leave);
  try {
    const request = toRequest(incoming, gone.signal, undefined);
    const refusal = request && upgrade
      ? await upgrade.take({ ...asked, request })
      : new Response(null, { status: 400 });
    if (refusal) await refuse(socket, refusal);
  } catch {
    socket.destroy();
  } finally {
    socket.off("close", leave);
  }
}

/** Node cannot answer by itself on a connection that it has handed over. */
async function refuse(socket: Socket, response: Response): Promise<void> {
  const body = new Uint8Array(await response.arrayBuffer());
  const { headers, status } = response;
  headers.set("connection", "close");
  headers.set("content-length", String(body.length));
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  socket.write([`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, ...lines, "", ""].join("\r\n"));
  socket.end(body);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}
