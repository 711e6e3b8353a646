import { sleep } from "@cugro/async";
import { assertEquals } from "@std/assert";
import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import { startCable } from "./proxy.ts";

/** A server that echoes, a cable to it, and a client on the cable. */
async function onCable(
  test: (cable: Awaited<ReturnType<typeof startCable>>, open: () => Promise<Socket>) => Promise<void>,
) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cable = await startCable((server.address() as { port: number }).port);
  try {
    await test(cable, async () => {
      const socket = connect(cable.port, "127.0.0.1");
      sockets.add(socket);
      socket.on("error", () => {});
      await once(socket, "connect");
      return socket;
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    await cable.close();
    server.close();
    await once(server, "close");
  }
}

const echo = async (socket: Socket, text: string) => {
  const answer = once(socket, "data");
  socket.write(text);
  return String((await answer)[0]);
};

Deno.test("a cable lets through, breaks connections when cut, and works again when mended", () =>
  onCable(async (cable, open) => {
    const first = await open();
    assertEquals(await echo(first, "one"), "one");
    const closed = once(first, "close");
    cable.cut();
    await closed;
    const refused = await open();
    if (!refused.destroyed) await once(refused, "close");
    cable.mend();
    assertEquals(await echo(await open(), "two"), "two");
  }));

Deno.test("a held cable keeps connections open and lets nothing through until it is mended", () =>
  onCable(async (cable, open) => {
    const socket = await open();
    assertEquals(await echo(socket, "one"), "one");
    cable.hold();
    let received = "";
    socket.on("data", (bytes) => received += bytes);
    socket.write("two");
    await sleep(100);
    assertEquals([received, socket.destroyed], ["", false]);
    const answer = once(socket, "data");
    cable.mend();
    await answer;
    assertEquals(received, "two");
  }));
