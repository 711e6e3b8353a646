import { assertEquals } from "@std/assert";
import { createServer, type Socket } from "node:net";
import { findGoProgram } from "../setup/go_programs.ts";
import { type Program, type ProgramRun, runProgram, stopRun } from "./program.ts";
import { freePort, natsProgram } from "./servers.ts";
import { serviceProgram } from "./service_programs.ts";

// cast: of a run these questions need its instance alone.
const run = (instance: string) => ({ instance }) as ProgramRun;

Deno.test("a service is ready when it says so itself, not when another process answers at its port", async () => {
  const others = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    return Response.json({ status: "ready", instance: "theirs" });
  });
  try {
    const { port } = others.addr;
    const program = serviceProgram({ service: "gateway", index: 0, port, environment: {} });
    const asked = async (one: ProgramRun) => [await program.isReady(one), await program.isAlive(one, 1_000)];
    assertEquals(await asked(run("ours")), [false, false]);
    assertEquals(await asked(run("theirs")), [true, true]);
  } finally {
    await others.shutdown();
  }
});

Deno.test({
  name: "nats-server is alive when it greets; one whose connections are accepted and nothing more hangs",
  ignore: findGoProgram("nats-server") === undefined,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const program: Program = await natsProgram({ folder, port: await freePort() });
    const one = runProgram(program);
    try {
      while (!await program.isReady(one)) await new Promise((resolve) => setTimeout(resolve, 20));
      assertEquals(await program.isAlive(one, 5_000), true);
    } finally {
      await stopRun(one, 5_000);
      await Deno.remove(folder, { recursive: true });
    }
    assertEquals(await program.isAlive(one, 200), false);
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket));
    const port = await freePort();
    await new Promise<void>((resolve) => silent.listen(port, "127.0.0.1", resolve));
    assertEquals(await (await natsProgram({ folder, port })).isAlive(one, 200), false);
    for (const socket of sockets) socket.destroy();
    silent.close();
    await Deno.remove(folder, { recursive: true });
  },
});
