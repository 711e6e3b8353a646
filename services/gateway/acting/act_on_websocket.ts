/**
 * Acting over WebSockets: `/v1/learners/{name}/act`, a learner a connection. Who may connect is the routes' to say.
 * @module
 */
import type { Socket } from "node:net";
import { WebSocketServer } from "ws";
import type { Upgrade, UpgradeRequest } from "@cugro/process";
import {
  ACT_SOCKET_CLOSE,
  ACT_SOCKET_PROTOCOL,
  MAX_ACT_BYTES,
  readActSocketProtocols,
} from "@cugro/protocol";
import type { Metrics } from "@cugro/telemetry";
import type { Gateway } from "../gateway.ts";
import { Problem, problemResponse } from "../problem.ts";
import {
  type ActConnection,
  type Admitted,
  type ConnectionBounds,
  type ConnectionDeps,
  openActConnection,
} from "./act_connection.ts";

/** See {@link ConnectionBounds}. */
export const CONNECTION_BOUNDS: ConnectionBounds = {
  questions: 16,
  bytes: MAX_ACT_BYTES,
  idleMs: 600_000,
  pingMs: 30_000,
  lookMs: 1_000,
  goodbyeMs: 2_000,
};
/** Connections at a time. */
const MOST_CONNECTIONS = 1_000;

/** What connections work with. */
export interface ActSocketDeps extends Omit<ConnectionDeps, "bounds"> {
  /** Lets a connection in by the door, or says why not. */
  admit(request: Request, door: Door): Promise<Response>;
  metrics: Pick<Metrics, "actConnections">;
  bounds?: Partial<ConnectionBounds>;
  /** Aborted when no more are let in. */
  signal?: AbortSignal;
  /** @default 1000 */
  mostConnections?: number;
}

/** Where connections come in. */
export interface Door {
  /** How many there are, of this token. */
  open(token: string): number;
  /** Lets one in: whatever else is answered, the request goes on as a WebSocket. */
  enter(admitted: Admitted): void;
}

/** All connections. */
export interface ActSockets extends Upgrade {
  /** Ends all of them, once what is under way has been answered, or after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** See the module. */
export function actOnWebSockets(deps: ActSocketDeps): ActSockets {
  const { admit, signal, mostConnections = MOST_CONNECTIONS } = deps;
  const bounds = { ...CONNECTION_BOUNDS, ...deps.bounds };
  const handshakes = createHandshakes();
  const { open, doorOf } = createDoors(deps.metrics);
  let closing = false;
  const isClosing = () => closing || signal?.aborted === true;
  const clock = setInterval(() => {
    for (const connection of open.values()) void connection?.look();
  }, bounds.lookMs);
  return {
    wants: (method, url) => method === "GET" && PATH.test(url),
    async take(asked) {
      if (isClosing()) return unavailable("This gateway is stopping: connect again", 1);
      if (open.size >= mostConnections) return unavailable(`${open.size} WebSockets are open: try again`, 30);
      const { door, entered } = doorOf(asked.socket);
      const answer = await admit(asked.request, door);
      const admitted = entered();
      if (!admitted) return answer;
      if (closing) return unavailable("This gateway is stopping: connect again", 1);
      handshakes.handleUpgrade(asked.incoming, asked.socket, nodeBytes(asked), (socket) => {
        open.set(admitted, openActConnection(socket, admitted, { ...deps, bounds }));
      });
      return undefined;
    },
    async close(graceMs) {
      closing = true;
      clearInterval(clock);
      const goodbye = { code: ACT_SOCKET_CLOSE.stopping, reason: "the gateway stops: connect again" };
      await Promise.all([...open.values()].map((connection) => connection?.end(goodbye, graceMs)));
    },
  };
}

/** Who is in, counted from the moment it was let in until its connection has ended. */
function createDoors(metrics: ActSocketDeps["metrics"]) {
  /** Undefined while its handshake is under way. */
  const open = new Map<Admitted, ActConnection | undefined>();
  const count = () => metrics.actConnections.set(open.size);
  return {
    open,
    doorOf(socket: Socket): { door: Door; entered: () => Admitted | undefined } {
      let admitted: Admitted | undefined;
      const enter = (one: Admitted) => {
        if (socket.destroyed) return;
        open.set(admitted = one, undefined);
        count();
        socket.once("close", () => {
          open.delete(one);
          count();
        });
      };
      const ofToken = (token: string) => [...open.keys()].filter((one) => one.token === token).length;
      return { door: { open: ofToken, enter }, entered: () => socket.destroyed ? undefined : admitted };
    },
  };
}

/**
 * Lets in whom the routes let in: the request passes all that others pass, and its token may come as a subprotocol. One
 * that comes both ways is two, and so none.
 */
export function admitByRoutes({ fetch }: Pick<Gateway, "fetch">): ActSocketDeps["admit"] {
  return async (request, door) => {
    const { token } = readActSocketProtocols(request.headers.get("sec-websocket-protocol") ?? "");
    const headers = new Headers(request.headers);
    if (token !== undefined) headers.append("authorization", `Bearer ${token}`);
    return await fetch(new Request(request, { headers }), { door });
  };
}

const PATH = /^\/v1\/learners\/[^/?]{1,200}\/act(\?.*)?$/;

function createHandshakes(): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_ACT_BYTES,
    // Small messages do not get smaller, and large ones could be made to grow.
    perMessageDeflate: false,
    // Never the one that is a token.
    handleProtocols: (offered) => offered.has(ACT_SOCKET_PROTOCOL) && ACT_SOCKET_PROTOCOL,
  });
}

function unavailable(detail: string, seconds: number): Response {
  const problem = new Problem(503, detail, { headers: { "retry-after": String(seconds) } });
  return problemResponse(problem, crypto.randomUUID());
}

// cast: what Node's parser gives is its Buffer.
const nodeBytes = ({ head }: UpgradeRequest) => head as Parameters<WebSocketServer["handleUpgrade"]>[2];
