/**
 * What a job costs besides its work: a learner's jobs through the real coordinator, NATS, workers and store, in this process
 * but for the servers. Requests a job are counted, by who makes them; in a folder also what is forced to disk.
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { openNatsBus } from "@cugro/bus";
import { runCoordinator } from "@cugro/coordinator";
import { addUploaded, createLearner } from "@cugro/learners";
import { JOB_KINDS, type JobKind } from "@cugro/protocol";
import { openFilesystemStore, openS3Store, type Store } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { runWorker } from "@cugro/worker";
import { type RunningServer, startNats } from "../../cluster/servers.ts";
import { startVersity } from "../../cluster/object_store/versity.ts";
import { usageOf } from "../experiments/processes.ts";
import { createStubHandlers } from "../experiments/stub_service.ts";
import { countRequests, type Requests } from "./count_requests.ts";
import type { Figures, Group } from "./measure.ts";

const WORKERS = 16;
const LEARNERS = 2;
const KEYS = { accessKey: "bench-root", secretKey: "bench-root-secret" };
const log = createLog({ level: "error" });

/** A store to measure on. */
interface Place {
  name: string;
  open(): Promise<Store>;
  server?: RunningServer;
}

/** The group `jobs`. */
export const jobs: Group = {
  name: "jobs",
  yardstick: [],
  open: async ({ quick }) => {
    const folder = await mkdtemp(join(tmpdir(), "cugro-bench-"));
    const nats = await startNats({ folder: join(folder, "nats") });
    const versity = await startVersity({ folder: join(folder, "versity"), ...KEYS });
    let number = 0;
    const places: Place[] = [
      { name: "Folder", open: () => openFilesystemStore({ root: join(folder, `store-${++number}`) }) },
      {
        name: "Bucket",
        open: () =>
          openS3Store({ bucket: `store-${++number}`, endpoint: versity.url, createBucket: true, ...KEYS }),
        server: versity,
      },
    ];
    const shards = quick ? 50 : 200;
    return {
      measure: async () => {
        const figures: Figures = {};
        for (const place of places) Object.assign(figures, await measure(place, nats, shards));
        return figures;
      },
      close: async () => {
        await Promise.all([nats.stop(), versity.stop()]);
        await rm(folder, { recursive: true });
      },
    };
  },
};

async function measure(place: Place, nats: RunningServer, shards: number): Promise<Figures> {
  const store = await place.open();
  const open = (name: string) => openNatsBus({ servers: [nats.url], name, log });
  const [bus, workersBus] = [await open("coordinator"), await open("workers")];
  const requests: Requests = { coordinator: {}, workers: {} };
  const stop = new AbortController();
  const handlers = createStubHandlers({ steps: 0, stepMs: 0 });
  const of = (who: keyof Requests) => countRequests(store, requests[who]);
  const workers = Array.from({ length: WORKERS }, (_, index) =>
    runWorker({
      ...{ bus: workersBus, store: of("workers"), handlers, kinds: kindsFor(index), log },
      ...{ profile: { backend: "stub" }, signal: stop.signal },
    }));
  await handOver(store, shards);
  const finished = new Set<unknown>();
  await bus.subscribe("events", ({ type, data }) => {
    if (type === "cugro.job.finished") finished.add(data.jobId);
  });
  const before = await usage(place, nats);
  await runCoordinator({ bus, store: of("coordinator"), until: "idle", signal: stop.signal });
  const after = await usage(place, nats);
  stop.abort();
  await Promise.all(workers);
  await Promise.all([bus.close(), workersBus.close(), store.close()]);
  return figuresOf(place.name, requests, finished.size, before, after);
}

/** Half the workers prefer one of the two kinds that are many. */
function kindsFor(index: number): JobKind[] {
  const many: JobKind[] = ["states.sample", "actions.label"];
  return [...index % 2 === 0 ? many : many.toReversed(), ...JOB_KINDS.filter((kind) => !many.includes(kind))];
}

async function handOver(store: Store, shards: number): Promise<void> {
  const overrides = { replayPairs: 1e6, replayPairsPerTask: 1e6, shardsPerTask: shards };
  for (let learner = 1; learner <= LEARNERS; learner++) {
    const name = `learner-${learner}`;
    await createLearner({ store, name, seed: learner, preset: "smoke", overrides });
    for (const file of ["one", "two"]) {
      const body = new TextEncoder().encode(`${name} ${file}`);
      await addUploaded({ store, learner: name, fileName: `${file}.bin`, body });
    }
  }
}

interface Usage {
  wallMs: number;
  ownMs: number;
  busMs: number;
  serverMs: number;
}

async function usage({ server }: Place, nats: RunningServer): Promise<Usage> {
  const { user, system } = process.cpuUsage();
  const of = async (running: RunningServer | undefined) =>
    running?.pid === undefined ? 0 : 1_000 * (await usageOf(running.pid)).seconds;
  return {
    wallMs: performance.now(),
    ownMs: (user + system) / 1_000,
    busMs: await of(nats),
    serverMs: await of(server),
  };
}

function figuresOf(name: string, requests: Requests, jobs: number, before: Usage, after: Usage): Figures {
  const spent = (what: keyof Usage) => (after[what] - before[what]) / jobs;
  const figures: Figures = {
    [`jobs${name}PerSecond`]: 1_000 / spent("wallMs"),
    [`jobs${name}OwnCpuMs`]: spent("ownMs"),
    [`jobs${name}BusCpuMs`]: spent("busMs"),
  };
  if (name === "Bucket") figures[`jobs${name}ServerCpuMs`] = spent("serverMs");
  for (const [who, counts] of Object.entries(requests)) {
    for (const [what, count] of Object.entries(counts)) figures[`jobs${name} ${who} ${what}`] = count / jobs;
  }
  return figures;
}
