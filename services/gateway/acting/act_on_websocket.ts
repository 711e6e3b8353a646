/**
 * Acting over WebSockets: `/v1/learners/{name}/act`, one learner a connection. The routes decide who may connect.
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
import { Problem, problemOf, problemResponse } from "../problem_details.ts";
import {
  type ActConnection,
  type Admitted,
  type ConnectionBounds,
  type ConnectionDeps,
  openActConnection,
} from "./act_connection.ts";

/** The bounds of a gateway in service. */
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

const STOPPING = { code: ACT_SOCKET_CLOSE.stopping, reason: "the gateway stops: connect again" };

/** Dependencies of connections. */
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
  /**
   * Lets one in: whatever else is answered, the request goes on as a WebSocket.
   *
   * @throws {Problem} 503 while there are too many, or when no more are let in
   */
  enter(admitted: Admitted): void;
}

/** All connections. */
export interface ActSockets extends Upgrade {
  /** Ends all of them, once what is under way has been answered, or after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/**
 * Makes the WebSocket endpoint: it upgrades a request, and closes all connections at the end.
 *
 * @param deps who is let in, and what answers
 * @returns `upgrade` takes a request, `close` ends all connections
 */
export function actOnWebSockets(deps: ActSocketDeps): ActSockets {
  const { admit, signal, mostConnections = MOST_CONNECTIONS } = deps;
  const bounds = { ...CONNECTION_BOUNDS, ...deps.bounds };
  const handshakes = createHandshakes();
  let closing = false;
  const { open, doorOf } = createDoors(deps.metrics, () => {
    if (closing || signal?.aborted) throw unavailable("This gateway is stopping: connect again", 1);
    if (open.size >= mostConnections) throw unavailable(`${open.size} WebSockets are open: try again`, 30);
  });
  const clock = setInterval(() => {
    for (const connection of open.values()) void connection?.look();
  }, bounds.lookMs);
  return {
    wants: (method, url) => method === "GET" && PATH.test(url),
    async take(asked) {
      const { door, entered } = doorOf(asked.socket);
      const answer = await Promise.try(admit, asked.request, door).catch((error) =>
        problemResponse(problemOf(error), crypto.randomUUID())
      );
      const admitted = entered();
      if (!admitted) return answer;
      handshakes.handleUpgrade(asked.incoming, asked.socket, nodeBytes(asked), (socket) => {
        const connection = openActConnection(socket, admitted, { ...deps, bounds });
        open.set(admitted, connection);
        if (closing) void connection.end(STOPPING, 0);
      });
      return undefined;
    },
    async close(graceMs) {
      closing = true;
      clearInterval(clock);
      await Promise.all([...open.values()].map((connection) => connection?.end(STOPPING, graceMs)));
    },
  };
}

/** Connections, each counted from the moment it was let in until it has ended. `check` throws where none is let in. */
function createDoors(metrics: ActSocketDeps["metrics"], check: () => void) {
  /** Undefined while its handshake is under way. */
  const open = new Map<Admitted, ActConnection | undefined>();
  const count = () => metrics.actConnections.set(open.size);
  return {
    open,
    doorOf(socket: Socket): { door: Door; entered: () => Admitted | undefined } {
      let admitted: Admitted | undefined;
      const enter = (one: Admitted) => {
        check();
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
 *
 * @param gateway whose routes judge the request
 * @returns the routes' answer where it is refused
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

function unavailable(detail: string, seconds: number): Problem {
  return new Problem(503, detail, { headers: { "retry-after": String(seconds) } });
}

// cast: what Node's parser gives is its Buffer.
const nodeBytes = ({ head }: UpgradeRequest) => head as Parameters<WebSocketServer["handleUpgrade"]>[2];
