/**
 * A fetch handler (Hono's, say) that listens, on Node's HTTP server: the one whose connections can be limited, in Deno,
 * too. Bodies stream both ways; a client that goes away aborts its request. A body that nobody has read to its end when
 * the answer is made is not read any further: the connection ends with the answer.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { waitAtMost } from "@cugro/async";
import { ConfigError } from "../config.ts";
import { answerDirectly, bodyThere, type Direct } from "./direct.ts";
import { limitConnections } from "./connections.ts";
import { handleUpgrades, isUpgrade } from "./upgrades.ts";
import { hasBody, toRequest } from "./to_request.ts";
import {
  CONNECTION_LIMITS,
  type FetchHandler,
  GRACE_MS,
  type HttpServer,
  type ListenOptions,
} from "./http_server.ts";

/** How often (ms) late headers are looked for, at most. */
const CHECK_MS = 1_000;
/** A client that still sends may take so long (ms) to fetch the answer that ends its connection. */
const LINGER_MS = 250;

/**
 * Starts listening.
 *
 * @param options address, handler, limits of connections
 * @returns the server, listening
 * @throws {ConfigError} if the address is taken, naming it
 */
export async function listen(options: ListenOptions): Promise<HttpServer> {
  const { host, port } = options;
  const bodies = createBodies();
  const server = limitedServer(options, bodies);
  const upgraded = handleUpgrades(server, options.upgrade);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => resolve());
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "another process has it" : message;
    throw new ConfigError(`Cannot listen on ${host}:${port}: ${why}`, { cause: error });
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: async (graceMs = GRACE_MS) => {
      const end = performance.now() + graceMs;
      // Connections are kept as long as uploads come in: a client that has one may use it at this very moment.
      await waitAtMost(graceMs, bodies.done());
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      if (await waitAtMost(Math.max(end - performance.now(), 0), closed)) return;
      server.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
      await closed;
    },
  };
}

/** Requests with a body that are not answered yet. */
interface Bodies {
  enter(): void;
  leave(): void;
  done(): Promise<void>;
}

function createBodies(): Bodies {
  let open = 0;
  let onDone = () => {};
  return {
    enter: () => void open++,
    leave() {
      open--;
      if (open === 0) onDone();
    },
    done: () => open === 0 ? Promise.resolve() : new Promise((resolve) => onDone = resolve),
  };
}

function limitedServer({ fetch, direct, upgrade, connections }: ListenOptions, bodies: Bodies): Server {
  const { most, headerMs, idleMs, stallMs } = { ...CONNECTION_LIMITS, ...connections };
  const server = createServer({
    connectionsCheckingInterval: Math.min(CHECK_MS, headerMs / 2),
    headersTimeout: headerMs,
    // Bodies have their own bounds, by the rate at which they come.
    requestTimeout: 0,
    keepAliveTimeout: idleMs,
    shouldUpgradeCallback: (incoming: IncomingMessage) => isUpgrade(upgrade?.(), incoming),
  }, (incoming, outgoing) => {
    const gone = new AbortController();
    const turn = beginTurn(incoming, outgoing, bodies, gone);
    turn(() => void answer({ fetch, direct: direct?.() }, incoming, outgoing, gone.signal));
  });
  limitConnections(server, { most, stallMs });
  return server;
}

/** A request of a connection. Everything that depends on its end hangs on one listener: a short answer feels each. */
interface Turn {
  isOver: boolean;
  /** What the connection asks next. */
  next: (() => void) | undefined;
}

/** The last of each connection. */
const turns = new WeakMap<Socket, Turn>();

/**
 * A client that sends many requests at once gets the next answer once it has taken the last: they are not kept for it.
 *
 * @returns does its work as soon as it is this request's turn
 */
function beginTurn(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  bodies: Bodies,
  gone: AbortController,
): (work: () => void) => void {
  const { socket } = incoming;
  const before = turns.get(socket);
  const turn: Turn = { isOver: false, next: undefined };
  turns.set(socket, turn);
  const isBody = hasBody(incoming);
  if (isBody) bodies.enter();
  outgoing.once("close", () => {
    turn.isOver = true;
    if (!outgoing.writableFinished) gone.abort();
    if (isBody) bodies.leave();
    turn.next?.();
  });
  return (work) => {
    if (!before || before.isOver) return work();
    before.next = () => {
      if (!socket.destroyed) work();
    };
  };
}

async function answer(
  { fetch, direct }: { fetch: FetchHandler; direct: Direct | undefined },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  try {
    const body = direct?.wants(incoming.method ?? "", incoming.url ?? "")
      ? await bodyThere(incoming)
      : undefined;
    if (direct && body && await answerDirectly(direct, body, incoming, outgoing, gone)) return;
    const request = toRequest(incoming, gone, body);
    if (!request) return void outgoing.writeHead(400, { "connection": "close" }).end();
    await write(await fetch(request), incoming, outgoing);
  } catch (error) {
    // The client left, or a body broke half-way: there is nobody to tell more to.
    if (!outgoing.headersSent && !gone.aborted) {
      outgoing.writeHead(500, { "content-type": "text/plain" }).end("Internal error");
    } else outgoing.destroy(error instanceof Error ? error : undefined);
  }
}

async function write(response: Response, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of response.headers) {
    if (name !== "set-cookie") headers[name] = value;
  }
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  // What is left of an upload that was refused would be read to its end otherwise, however long it is.
  const unread = !incoming.complete && hasBody(incoming);
  if (unread) {
    headers.connection = "close";
    outgoing.on("finish", () => lingerOn(incoming.socket));
  }
  if (!response.body || incoming.method === "HEAD") {
    await response.body?.cancel();
    return void outgoing.writeHead(response.status, headers).end();
  }
  const reader = response.body.getReader();
  outgoing.on("close", () => void reader.cancel().catch(() => {}));
  const start = await readStart(reader);
  if (start.whole) headers["content-length"] = String(start.piece.length);
  outgoing.writeHead(response.status, headers);
  if (start.whole) return void outgoing.end(start.piece);
  // At once, so that a reader of a stream knows that it is open.
  outgoing.flushHeaders();
  for await (const piece of start.pieces) {
    if (!outgoing.write(piece)) await drained(outgoing);
    if (outgoing.destroyed) return;
  }
  outgoing.end();
}

/** A client that still sends can fetch its answer, and then the connection ends. */
function lingerOn(socket: Socket | null): void {
  if (!socket || socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** A body that is there as one piece, as most are, whole, so that its length can be sent; else a stream. */
async function readStart(
  reader: Reader,
): Promise<{ whole: true; piece: Uint8Array } | { whole: false; pieces: AsyncIterable<Uint8Array> }> {
  const reads = [reader.read(), reader.read()];
  const there = await waitOneTurn(Promise.all(reads));
  if (there?.[0]?.done) return { whole: true, piece: new Uint8Array() };
  if (there?.[0]?.value && there[1]?.done) return { whole: true, piece: there[0].value };
  return { whole: false, pieces: restOf(reader, reads) };
}

async function* restOf(reader: Reader, reads: Promise<ReadableStreamReadResult<Uint8Array>>[]) {
  while (true) {
    const { done, value } = await (reads.shift() ?? reader.read());
    if (done) return;
    yield value;
  }
}

/** The result after one turn of the event loop, or undefined. */
async function waitOneTurn<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout>;
  const turn = new Promise<undefined>((resolve) => timer = setTimeout(() => resolve(undefined), 0));
  return await Promise.race([work, turn]).finally(() => clearTimeout(timer));
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.on("drain", done);
    outgoing.on("close", done);
  });
}
