/**
 * The bus over a real nats-server: how soon an idle worker has a job that is submitted, and how many jobs a second
 * pass through it. Always wall time: the server is another process.
 * @module
 */
import { sleep } from "@cugro/async";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "@cugro/telemetry";
import { type NatsBus, openNatsBus } from "@cugro/bus";
import { type JobKind, sha256 } from "@cugro/protocol";
import { startNats } from "../../cluster/servers.ts";
import type { Figures, Group } from "./measure.ts";

const KIND: JobKind = "states.sample";
const FETCHERS = 8;
const SUBMITTED_TOGETHER = 100;
const never = new AbortController().signal;

/** The group `bus`. */
export const bus: Group = {
  name: "bus",
  yardstick: [],
  open: async ({ quick }) => {
    const folder = await mkdtemp(join(tmpdir(), "cugro-bench-"));
    const server = await startNats({ folder });
    const open = () =>
      openNatsBus({ servers: [server.url], name: "bench", log: createLog({ level: "silent" }) });
    const [submitter, worker] = [await open(), await open()];
    return {
      measure: async () => ({
        ...await latency(submitter, worker, quick ? 100 : 500),
        ...await rate(submitter, worker, quick ? 1_000 : 5_000),
      }),
      close: async () => {
        await submitter.close();
        await worker.close();
        await server.stop();
        await rm(folder, { recursive: true });
      },
    };
  },
};

const message = (name: string) => ({ jobId: sha256(name), kind: KIND, learner: "bench" });

/** From `submit` to the delivery in the hands of a worker that waited. */
async function latency(submitter: NatsBus, worker: NatsBus, count: number): Promise<Figures> {
  const times: number[] = [];
  for (let i = -20; i < count; i++) {
    const waiting = worker.fetch([KIND], never);
    await sleep(4);
    const start = performance.now();
    const submitted = submitter.submit(message(`latency ${i}`));
    const delivery = await waiting;
    if (i >= 0) times.push(performance.now() - start);
    await submitted;
    await delivery?.ack();
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!;
  return { busDeliveryMs: at(0.5), busDeliveryP99Ms: at(0.99) };
}

/** Submit, fetch and ack, with eight fetchers in one process. */
async function rate(submitter: NatsBus, worker: NatsBus, count: number): Promise<Figures> {
  const stop = new AbortController();
  let left = count;
  const start = performance.now();
  const working = Array.from({ length: FETCHERS }, async () => {
    while (true) {
      const delivery = await worker.fetch([KIND], stop.signal);
      if (!delivery) return;
      await delivery.ack();
      if (--left === 0) stop.abort();
    }
  });
  for (let i = 0; i < count; i += SUBMITTED_TOGETHER) {
    const names = Array.from({ length: SUBMITTED_TOGETHER }, (_, n) => `rate ${i + n}`);
    await Promise.all(names.map((name) => submitter.submit(message(name))));
  }
  await Promise.all(working);
  return { busJobsPerSecond: count / (performance.now() - start) * 1e3 };
}
