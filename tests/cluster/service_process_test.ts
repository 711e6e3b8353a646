import { sleep } from "@cugro/async";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { openNatsBus } from "@cugro/bus";
import { getArtifact, openS3Store } from "@cugro/store";
import { MINIO_ROOT, startMinio } from "../../scripts/cluster/object_store/minio.ts";
import { freePort, startNats } from "../../scripts/cluster/servers.ts";
import { addJob, expectedSum, sumOf } from "../fakes/counting_job.ts";
import { checkpointKey, parseFact, resultFactSchema, resultKey } from "@cugro/protocol";
import { withFolder } from "../fakes/test_folder.ts";

const WORKER = fileURLToPath(new URL("../fakes/counting_worker.ts", import.meta.url));

interface Running {
  child: ChildProcess;
  url: string;
  output: () => string;
  ended: Promise<number | null>;
}

/** A worker of a cluster that does counting jobs: a real process, no tensor library. */
async function startWorker(environment: Record<string, string>): Promise<Running> {
  const port = await freePort();
  const child = spawn(process.execPath, ["run", "-A", "--no-check", WORKER], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CUGRO_HTTP_PORT: String(port), ...environment },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output += chunk);
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, url: `http://127.0.0.1:${port}`, output: () => output, ended };
}

async function readyz(
  { url }: Running,
): Promise<{ status: number; dependencies: Record<string, string> } | undefined> {
  const answer = await fetch(`${url}/readyz`).catch(() => undefined);
  return answer && { status: answer.status, dependencies: (await answer.json()).dependencies };
}

async function until(what: () => unknown, worker: Running): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!await what()) {
    assert(performance.now() < deadline, `waited too long:\n${worker.output()}`);
    await sleep(50);
  }
}

Deno.test("serve() waits for bus and store, says so, works when they come, and drains on SIGTERM", async () => {
  await withFolder(async (folder) => {
    const [natsPort, s3Port] = [await freePort(), await freePort()];
    const worker = await startWorker({
      CUGRO_NATS: `nats://127.0.0.1:${natsPort}`,
      CUGRO_STORE: "s3://jobs",
      CUGRO_S3_ENDPOINT: `http://127.0.0.1:${s3Port}`,
      CUGRO_S3_ACCESS_KEY: MINIO_ROOT.user,
      CUGRO_S3_SECRET_KEY: MINIO_ROOT.password,
    });
    const servers: { stop(): Promise<void> }[] = [];
    try {
      await until(async () => (await readyz(worker))?.status === 503, worker);
      assertEquals((await (await fetch(`${worker.url}/healthz`)).json()).status, "ok");
      await until(() => worker.output().includes("cannot reach the store"), worker);
      await until(() => worker.output().includes("cannot reach the bus"), worker);
      const { bus: onBus, store: onStore } = (await readyz(worker))!.dependencies;
      assertStringIncludes(onBus!, `nats://127.0.0.1:${natsPort}`);
      assertStringIncludes(onStore!, `http://127.0.0.1:${s3Port}`);
      servers.push(await startNats({ folder: join(folder, "nats"), port: natsPort }));
      servers.push(await startMinio({ folder: join(folder, "minio"), port: s3Port }));
      const store = await openS3Store({
        bucket: "jobs",
        endpoint: `http://127.0.0.1:${s3Port}`,
        accessKey: MINIO_ROOT.user,
        secretKey: MINIO_ROOT.password,
        createBucket: true,
      });
      await until(async () => (await readyz(worker))?.status === 200, worker);
      const bus = await openNatsBus({ servers: [`nats://127.0.0.1:${natsPort}`], name: "test" });
      const quick = await addJob(store, { name: "quick", steps: 20 });
      await bus.submit({ jobId: quick, kind: "states.train", learner: "walker" });
      await until(() => store.head(resultKey("states.train", quick)), worker);
      const found = await store.get(resultKey("states.train", quick));
      const { outputs } = parseFact(resultFactSchema, found!.bytes, quick);
      assertEquals(sumOf(await getArtifact(store, outputs.weights!.artifact)), expectedSum(20));

      const long = await addJob(store, { name: "long", steps: 100_000, stepMs: 2 });
      await bus.submit({ jobId: long, kind: "states.train", learner: "walker" });
      await until(() => worker.output().includes(`"jobId":"${long}"`), worker);
      process.kill(worker.child.pid!, "SIGTERM");
      assertEquals(await worker.ended, 0);
      assert(await store.head(checkpointKey("states.train", long)), "a checkpoint was written");
      assertStringIncludes(worker.output(), "job given back");
      await bus.close();
      await store.close();
    } finally {
      if (worker.child.exitCode === null && worker.child.pid) process.kill(worker.child.pid, "SIGKILL");
      await worker.ended;
      for (const server of servers) await server.stop();
    }
  });
});

Deno.test("serve() stays when NATS refuses its login, and says so, until it is let in", async () => {
  await withFolder(async (folder) => {
    const configFile = join(folder, "nats.conf");
    await writeFile(configFile, 'authorization { token: "another" }\n');
    const port = await freePort();
    let nats = await startNats({ folder: join(folder, "nats"), port, configFile });
    const worker = await startWorker({ CUGRO_NATS: nats.url, CUGRO_STORE: join(folder, "store") });
    try {
      await until(() => worker.output().split("cannot reach the bus").length > 3, worker);
      assertStringIncludes((await readyz(worker))!.dependencies.bus!.toLowerCase(), "authorization");
      assertEquals(worker.child.exitCode, null);
      await nats.stop();
      nats = await startNats({ folder: join(folder, "nats"), port });
      await until(async () => (await readyz(worker))?.status === 200, worker);
      process.kill(worker.child.pid!, "SIGTERM");
      assertEquals(await worker.ended, 0);
    } finally {
      if (worker.child.exitCode === null && worker.child.pid) process.kill(worker.child.pid, "SIGKILL");
      await worker.ended;
      await nats.stop();
    }
  });
});

Deno.test("serve() ends with every fault of its configuration, and refuses kinds of others", async () => {
  await withFolder(async (folder) => {
    const wrong = await startWorker({ CUGRO_NATS: "nats://nowhere", CUGRO_STORE: "" });
    assertEquals(await wrong.ended, 1);
    assertStringIncludes(wrong.output(), "CUGRO_NATS must be nats://host:port");
    assertStringIncludes(wrong.output(), "CUGRO_STORE must name the store");
    const nats = await startNats({ folder: join(folder, "nats") });
    try {
      const foreign = await startWorker({
        CUGRO_NATS: nats.url,
        CUGRO_STORE: join(folder, "store"),
        CUGRO_KINDS: "critic.train",
      });
      assertEquals(await foreign.ended, 1);
      assertStringIncludes(foreign.output(), "current value names critic.train");
    } finally {
      await nats.stop();
    }
  });
});
