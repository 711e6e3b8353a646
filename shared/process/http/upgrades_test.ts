/** Connections that leave HTTP, on real sockets. */
import { sleep } from "@cugro/async";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { createConnection, type Socket } from "node:net";
import type { ListenOptions } from "./http_server.ts";
import { listen } from "./listen.ts";
import type { Upgrade } from "./upgrades.ts";

/** Takes `/echo`, and sends back what comes; refuses `/no`. */
const echo: Upgrade = {
  wants: (method, url) => method === "GET" && (url === "/echo" || url === "/no"),
  async take({ request, socket, head }) {
    // As long as asking somebody takes.
    await sleep(50);
    if (new URL(request.url).pathname === "/no") {
      return new Response("not here", { status: 403, headers: { "x-why": "no" } });
    }
    socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    socket.write(head);
    socket.on("data", (bytes) => socket.write(bytes));
    socket.on("end", () => socket.end());
  },
};

async function listening(
  test: (port: number) => Promise<void>,
  connections: NonNullable<ListenOptions["connections"]> = {},
): Promise<void> {
  const fetch = async (request: Request) => new Response(`read ${(await request.text()).length}`);
  const server = await listen({ host: "127.0.0.1", port: 0, fetch, upgrade: () => echo, connections });
  try {
    await test(server.port);
  } finally {
    await server.close(100);
  }
}

interface Line {
  socket: Socket;
  /** Resolves once all of this has come, and rejects at an end before it. */
  has(text: string): Promise<void>;
  /** All that came until the end. */
  ended: Promise<string>;
}

function send(port: number, words: string): Line {
  const socket = createConnection(port, "127.0.0.1");
  let [text, onNews] = ["", () => {}];
  socket.on("data", (piece) => (text += piece, onNews()));
  socket.on("error", () => {});
  const ended = new Promise<string>((resolve) => socket.on("close", () => (resolve(text), onNews())));
  socket.write(words);
  return {
    socket,
    ended,
    async has(wanted) {
      while (!text.includes(wanted)) {
        if (socket.closed) throw new Error(`ended after ${JSON.stringify(text)}`);
        await new Promise<void>((resolve) => onNews = resolve);
      }
    },
  };
}

const asking = (path: string, protocol = "websocket", more = "") =>
  `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: ${protocol}\r\n${more}\r\n`;

Deno.test("listen() hands a connection over with what came after the request, and answers who is refused", () =>
  listening(async (port) => {
    const line = send(port, asking("/echo", "WebSocket") + "early");
    await line.has("early");
    line.socket.write(" and late");
    await line.has(" and late");
    line.socket.end();
    assertEquals((await line.ended).split("\r\n\r\n"), [
      "HTTP/1.1 101 Switching Protocols",
      "early and late",
    ]);
    const refused = await send(port, asking("/no")).ended;
    for (const part of ["HTTP/1.1 403 Forbidden\r\n", "x-why: no\r\n", "connection: close\r\n"]) {
      assertStringIncludes(refused, part);
    }
    assertEquals(refused.split("\r\n\r\n")[1], "not here");
  }));

Deno.test("listen() answers a request for another protocol, with a body or for another path as if it had not asked", () =>
  listening(async (port) => {
    const body = "content-length: 3\r\n";
    const last = "connection: close, upgrade\r\n";
    const cases = [
      asking("/echo", "h2c", body + last).replace("GET", "POST") + "abc",
      asking("/echo", "websocket", body + last) + "abc",
      asking("/other", "websocket", last),
    ];
    const answers = await Promise.all(cases.map((words) => send(port, words).ended));
    assertEquals(answers.map((answer) => /200 OK[^]*(read \d)$/.exec(answer)?.[1]), [
      "read 3",
      "read 0",
      "read 0",
    ]);
  }));

Deno.test("listen() leaves a taken connection in peace, and ends it when it closes", async () => {
  const taken: Line[] = [];
  await listening(async (port) => {
    const line = send(port, asking("/echo"));
    taken.push(line);
    await line.has("\r\n\r\n");
    // Longer than a request's headers may take, or a connection may be without a request.
    await sleep(700);
    // One more than there may be costs one without a request.
    const idle = send(port, ""), other = send(port, "");
    await Promise.race([idle.ended, other.ended]);
    line.socket.write("still here");
    await line.has("still here");
    for (const { socket } of [idle, other]) socket.destroy();
  }, { headerMs: 200, idleMs: 200, most: 2 });
  await taken[0]!.ended;
});
