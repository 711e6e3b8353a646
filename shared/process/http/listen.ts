/**
 * A fetch handler (Hono's, say) that listens: on Deno's own server where there is one, else on Node's. Under Deno its
 * own is some twenty times faster. This file and what it imports are the only place that knows of the runtime.
 * @module
 */
import { waitAtMost } from "@cugro/async";
import { type FetchHandler, GRACE_MS, type HttpServer, type ListenOptions } from "./http_server.ts";
import { listenOnNode } from "./node_server.ts";

/** Starts listening. @throws {Error} if the address is taken, naming it */
export async function listen(options: ListenOptions): Promise<HttpServer> {
  try {
    return "Deno" in globalThis ? listenOnDeno(options) : await listenOnNode(options);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "another process has it" : message;
    throw new Error(`Cannot listen on ${options.host}:${options.port}: ${why}`, { cause: error });
  }
}

function listenOnDeno({ host, port, fetch }: ListenOptions): HttpServer {
  const bodies = watchBodies(fetch);
  const server = Deno.serve({
    hostname: host,
    port,
    onListen: () => {},
    onError: () => new Response("Internal error", { status: 500 }),
  }, bodies.fetch);
  return {
    port: server.addr.port,
    async close(graceMs = GRACE_MS) {
      // Cutting what is left cannot be asked of a server that shuts down (Deno 2.9): it ends with the process.
      const end = performance.now() + graceMs;
      // One that shuts down ends all bodies that are coming in (Deno 2.9, denoland/deno#36809): an upload would be
      // answered as a broken one.
      if (!await waitAtMost(graceMs, bodies.idle())) return;
      await waitAtMost(end - performance.now(), server.shutdown());
    },
  };
}

/** A handler, and when no request is under way that may have a body. */
function watchBodies(fetch: FetchHandler): { fetch: FetchHandler; idle(): Promise<void> } {
  let count = 0;
  let onIdle = () => {};
  const counted = async (request: Request) => {
    count++;
    try {
      return await fetch(request);
    } finally {
      if (--count === 0) onIdle();
    }
  };
  return {
    fetch: (request) =>
      request.method === "GET" || request.method === "HEAD" ? fetch(request) : counted(request),
    idle: () => count === 0 ? Promise.resolve() : new Promise((resolve) => onIdle = resolve),
  };
}
