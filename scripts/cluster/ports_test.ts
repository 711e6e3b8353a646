import { assert, assertEquals, assertRejects } from "@std/assert";
import { createServer } from "node:net";
import { choosePorts } from "./ports.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Another process's port. */
async function withTaken(port: number, test: () => Promise<void>): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  try {
    await test();
  } finally {
    server.close();
  }
}

Deno.test("choosePorts() keeps ports in the folder, and says which one had to change", () =>
  inFolder(async (folder) => {
    const names = ["nats", "gateway", "gateway.1"];
    const first = await choosePorts({ folder, names, asked: {} });
    assertEquals(new Set(Object.values(first)).size, 3);
    // Not where systems take the ports of outgoing connections from.
    assert(Object.values(first).every((port) => port >= 15_000 && port < 32_000));
    assertEquals(await choosePorts({ folder, names, asked: {}, preferred: { gateway: 8080 } }), first);
    const reported: string[] = [];
    const report = (sentence: string) => void reported.push(sentence);
    await withTaken(first.nats!, async () => {
      const { nats, ...rest } = await choosePorts({ folder, names, asked: {}, report });
      assertEquals(rest, { gateway: first.gateway!, "gateway.1": first["gateway.1"]! });
      assertEquals(reported, [
        `port ${first.nats} of nats is taken by another process now: its port is ${nats} from here on`,
      ]);
    });
  }));

Deno.test("choosePorts() refuses a port that was asked for and is taken, or asked for twice, and keeps nothing", () =>
  inFolder(async (folder) => {
    const { nats: port } = await choosePorts({ folder, names: ["nats"], asked: {} });
    const choose = (asked: Record<string, { port: number; by: string }>) =>
      choosePorts({ folder, names: ["s3", "gateway"], asked });
    await withTaken(port!, async () => {
      await assertRejects(
        () => choose({ gateway: { port: port!, by: "--port" } }),
        RangeError,
        `--port asks for port ${port} for gateway, which another process has`,
      );
    });
    const both = { port: port!, by: "--s3-port" };
    await assertRejects(
      () => choose({ s3: both, gateway: { port: port!, by: "--port" } }),
      RangeError,
      `--port asks for port ${port} for gateway, which something else of this cluster was given`,
    );
  }));

Deno.test("choosePorts() waits a moment for a kept port that a killed process is still letting go", () =>
  inFolder(async (folder) => {
    const names = ["nats"];
    const first = await choosePorts({ folder, names, asked: {} });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(first.nats!, "127.0.0.1", resolve));
    setTimeout(() => server.close(), 300);
    assertEquals(await choosePorts({ folder, names, asked: {} }), first);
  }));
