/** What connections may cost before anybody has shown a token: real sockets, and clients that do not behave. */
import { sleep } from "@cugro/async";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createConnection, type Socket } from "node:net";
import type { FetchHandler, ListenOptions } from "./http_server.ts";
import { listen } from "./listen.ts";

async function listening(
  { fetch = () => new Response("ok"), connections = {} }: {
    fetch?: FetchHandler;
    connections?: NonNullable<ListenOptions["connections"]>;
  },
  test: (port: number) => Promise<void>,
): Promise<void> {
  const server = await listen({ host: "127.0.0.1", port: 0, fetch, connections });
  try {
    await test(server.port);
  } finally {
    await server.close(100);
  }
}

interface Client {
  socket: Socket;
  /** All that came back. */
  answer: () => string;
  /** Resolves when the connection has ended, to whether it did within a minute. */
  ended: Promise<void>;
}

/** Connects, says `words`, and leaves it at that. */
function send(port: number, words: string): Client {
  const socket = createConnection(port, "127.0.0.1");
  let text = "";
  socket.on("data", (piece) => text += piece);
  socket.on("error", () => {});
  const ended = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  if (words !== "") socket.write(words);
  return { socket, answer: () => text, ended };
}

const HALF = "GET / HTTP/1.1\r\nhost: a\r\nx-more: ";
const WHOLE = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const LAST = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

Deno.test("listen() ends connections whose headers do not come, and answers others meanwhile", () =>
  listening({ connections: { headerMs: 600 } }, async (port) => {
    const clients = Array.from({ length: 50 }, () => send(port, HALF));
    // A byte now and then does not help.
    const drip = setInterval(
      () => clients.forEach(({ socket }) => socket.writable && socket.write("a")),
      100,
    );
    const began = performance.now();
    assertEquals(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "ok");
    await Promise.all(clients.map(({ ended }) => ended));
    clearInterval(drip);
    assert(performance.now() - began < 10_000, `${performance.now() - began} ms`);
    for (const { answer } of clients) assertStringIncludes(answer(), "408");
  }));

Deno.test("listen() closes the longest idle of too many connections, and idle ones after their time", () =>
  listening({ connections: { most: 3, idleMs: 1_500 } }, async (port) => {
    const kept: Client[] = [];
    for (let i = 0; i < 3; i++) {
      kept.push(send(port, WHOLE));
      while (!kept[i]!.answer().includes("ok")) await sleep(5);
    }
    const more = send(port, WHOLE);
    while (!more.answer().includes("ok")) await sleep(5);
    await kept[0]!.ended;
    assertEquals([kept[0], kept[1], kept[2], more].map((one) => one!.socket.destroyed), [
      true,
      false,
      false,
      false,
    ]);
    await Promise.all([...kept, more].map(({ ended }) => ended));
    const later = send(port, WHOLE);
    while (!later.answer().includes("ok")) await sleep(5);
    later.socket.destroy();
  }));

Deno.test("listen() answers probes while others hold all connections with half a request, or with whole ones", async () => {
  const stuck = Promise.withResolvers<void>();
  const fetch: FetchHandler = async ({ url }) => {
    if (url.endsWith("/stuck")) await stuck.promise;
    return new Response("at last");
  };
  await listening({ fetch, connections: { most: 10 } }, async (port) => {
    const held = Array.from({ length: 10 }, () => send(port, HALF));
    await sleep(50);
    for (let i = 0; i < 20; i++) {
      const probe = send(port, LAST);
      await probe.ended;
      if (probe.answer() === "") throw new Error("a probe was not answered");
    }
    held.forEach(({ socket }) => socket.destroy());
    const busy = Array.from({ length: 10 }, () => send(port, "GET /stuck HTTP/1.1\r\nhost: a\r\n\r\n"));
    await sleep(50);
    const refused = send(port, WHOLE);
    await refused.ended;
    assertEquals(refused.answer(), "", "requests under way are not cut off for it");
    stuck.resolve();
    while (busy.some(({ answer }) => !answer().includes("at last"))) await sleep(5);
    busy.forEach(({ socket }) => socket.destroy());
  });
});

Deno.test("listen() reads no further what a request sends whose answer does not need it", () =>
  listening({ fetch: () => new Response("who are you?", { status: 401 }) }, async (port) => {
    const megabyte = new Uint8Array(1 << 20);
    const total = 200;
    const { socket, answer, ended } = send(
      port,
      `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${total << 20}\r\n\r\n`,
    );
    let sent = 0;
    const pump = () => {
      while (!socket.destroyed && sent < total) {
        sent++;
        if (!socket.write(megabyte)) return void socket.once("drain", pump);
      }
    };
    pump();
    await ended;
    assertStringIncludes(answer(), "401");
    assertStringIncludes(answer().toLowerCase(), "connection: close");
    assert(sent < total, "all of it was taken");
  }));

Deno.test("listen() refuses what is no request for this server, and shows both of two headers", () =>
  listening(
    { fetch: ({ headers, url }) => new Response(`${headers.get("authorization")} ${url}`) },
    async (port) => {
      const ask = async (words: string) => {
        const client = send(port, words);
        await client.ended;
        return client.answer();
      };
      const end = "\r\nhost: a\r\nconnection: close\r\n";
      assertStringIncludes(await ask(`GET http://evil/ HTTP/1.1${end}\r\n`), "400");
      assertStringIncludes(await ask(`GET //evil/x HTTP/1.1${end}\r\n`), "http://a//evil/x");
      const twice = await ask(
        `GET / HTTP/1.1${end}authorization: Bearer one\r\nauthorization: Bearer two\r\n\r\n`,
      );
      assertStringIncludes(twice, "Bearer one, Bearer two");
      assertStringIncludes(await ask(`GET / HTTP/1.1${end}x: ${"a".repeat(200_000)}\r\n\r\n`), "431");
    },
  ));

Deno.test("listen() makes no answer before the client has taken the last, and ends who takes nothing", () => {
  const big = new Uint8Array(8 << 20);
  let made = 0;
  const fetch: FetchHandler = ({ url }) => {
    if (url.endsWith("/small")) return new Response("small");
    made++;
    return new Response(big);
  };
  return listening({ fetch, connections: { most: 4, stallMs: 1_000 } }, async (port) => {
    const deaf = Array.from({ length: 4 }, () => {
      const socket = createConnection(port, "127.0.0.1");
      socket.pause();
      socket.on("error", () => {});
      socket.write(WHOLE.repeat(20));
      return socket;
    });
    await sleep(400);
    assert(made <= deaf.length, `${made} answers were made`);
    for (const end = performance.now() + 10_000;;) {
      const probe = send(port, LAST.replace("GET / ", "GET /small "));
      await probe.ended;
      if (probe.answer().includes("small")) break;
      assert(performance.now() < end, "nobody else is answered");
      await sleep(50);
    }
    deaf.forEach((socket) => socket.destroy());
    const many = send(
      port,
      WHOLE.replace("GET / ", "GET /small ").repeat(3) + LAST.replace("GET / ", "GET /small "),
    );
    await many.ended;
    assertEquals(many.answer().match(/small/g)?.length, 4, "all that a client takes are made");
  });
});
