import { sleep } from "@cugro/async";
import { PassThrough } from "node:stream";
import { assertEquals } from "@std/assert";
import { type Bus, createEmbeddedBus, type EmbeddedBus, openPipeBus } from "@cugro/bus";
import { createLog } from "@cugro/telemetry";
import { sha256 } from "@cugro/protocol";
import { createLineReader, decodeFrame, type Request } from "../../shared/bus/embedded/pipe_protocol.ts";
import { busContract } from "./bus_contract.ts";

const ACK_WAIT = 200;
const log = createLog({ level: "silent" });

busContract("embedded", () => {
  const bus = createEmbeddedBus({ ackWaitMs: ACK_WAIT, log });
  // In one process all clients are the same; a client of its own can be closed.
  const connect = () => Promise.resolve(connectPipe(bus).bus);
  return Promise.resolve({ bus, connect, ackWaitMs: ACK_WAIT, dispose: () => bus.close() });
});

busContract("pipe", () => {
  const parent = createEmbeddedBus({ ackWaitMs: ACK_WAIT, log });
  const clients: Bus[] = [];
  const connect = () => {
    const { bus } = connectPipe(parent);
    clients.push(bus);
    return Promise.resolve(bus);
  };
  return connect().then((bus) => ({
    bus,
    connect,
    ackWaitMs: ACK_WAIT,
    dispose: async () => {
      for (const client of clients) await client.close();
      await parent.close();
    },
  }));
});

/** A worker's bus over a pair of pipes, in this process. */
function connectPipe(parent: EmbeddedBus, onParentGone: () => void = () => {}) {
  const [down, up] = [new PassThrough(), new PassThrough()];
  const connection = parent.attach((frame) => void down.write(frame));
  up.on(
    "data",
    createLineReader((line) => {
      const request = decodeFrame<Request>(line);
      if (request) connection.receive(request);
    }),
  );
  return { bus: openPipeBus({ input: down, output: up, onParentGone }), connection, down, up };
}

Deno.test("attach() gives what a dead worker held to another at once, and later after each further death", async () => {
  const parent = createEmbeddedBus({ log });
  const message = { jobId: sha256("a"), kind: "states.sample" as const, learner: "walker" };
  await parent.submit(message);
  const waits: number[] = [];
  for (let death = 0; death < 3; death++) {
    const started = performance.now();
    const { bus, connection } = connectPipe(parent);
    const delivery = await bus.fetch(["states.sample"], new AbortController().signal);
    assertEquals(delivery?.deliveries, death + 1);
    waits.push(performance.now() - started);
    assertEquals(connection.detach(), [message.jobId]);
  }
  assertEquals(waits.map((ms) => ms >= 450), [false, false, true]);
  await parent.close();
});

Deno.test("openPipeBus() notices that the parent is gone, and takes no notice of other lines", async () => {
  const parent = createEmbeddedBus({ log });
  let gone = 0;
  const { bus, down, up } = connectPipe(parent, () => gone++);
  down.write("something else\n{\n");
  up.write("printed without a line break");
  assertEquals(await bus.submit({ jobId: sha256("a"), kind: "states.sample", learner: "w" }), "queued");
  down.end();
  await sleep(20);
  assertEquals(gone, 1);
  await parent.close();
});
