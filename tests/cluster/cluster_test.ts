import { sleep } from "@cugro/async";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createLearner, learnerStatus } from "@cugro/learners";
import { gatherProblems } from "@cugro/problems";
import { openStore, type Store } from "@cugro/store";
import { incomingKey } from "@cugro/protocol";
import { type Cluster, openClusterStore, startCluster } from "../../scripts/cluster/cluster.ts";
import { type FinishedWork, finishedWork } from "../../scripts/lab/experiments/finished_work.ts";
import { withFolder } from "../fakes/test_folder.ts";
import { runCommand, smallStream } from "../pipeline/embedded.ts";
import { restartAll, sendLoad } from "./rolling_restart.ts";
import { type ReceivedSpan, receiveTraces, type TraceReceiver } from "./trace_receiver.ts";

const STEPS = { stateSteps: "30", behaviorSteps: "30", criticSteps: "30" };
const LEARN_MS = 300_000;
const SWIMMER_STATES = 8;

/** The same files learnt by one command in a folder. */
async function learnEmbedded(folder: string, files: string[]): Promise<FinishedWork> {
  const store = join(folder, "store");
  const settings = Object.entries(STEPS).flatMap(([knob, value]) => ["--set", `${knob}=${value}`]);
  await runCommand(["run", ...files, "--learner", "one", "--store", store, "--preset", "smoke", ...settings]);
  const learnt = await openStore({ store });
  try {
    return await finishedWork(learnt);
  } finally {
    await learnt.close();
  }
}

/** One file is dropped into the bucket, the other is sent to the gateway; their versions come by themselves. */
async function learn(cluster: Cluster, store: Store, [dropped, sent]: [string, string]): Promise<void> {
  await createLearner({ store, name: "one", seed: 0, preset: "smoke", overrides: STEPS });
  await store.put(incomingKey("one", basename(dropped)), new Uint8Array(await readFile(dropped)));
  await untilVersion(store, 1);
  const answer = await fetch(`${cluster.gatewayUrl}/v1/learners/one/tasks?fileName=${basename(sent)}`, {
    method: "POST",
    body: new Uint8Array(await readFile(sent)),
    headers: { authorization: `Bearer ${cluster.adminToken}`, "content-type": "application/octet-stream" },
  });
  assert(answer.ok, `${answer.status} ${await answer.clone().text()}`);
  await answer.body?.cancel();
  await untilVersion(store, 2);
}

async function untilVersion(store: Store, version: number): Promise<void> {
  const deadline = performance.now() + LEARN_MS;
  while (true) {
    const { head } = await learnerStatus(store, "one");
    const problems = await gatherProblems({ store });
    // So little training may well be worse than chance.
    assertEquals(problems.filter(({ code }) => !["version.observed", "performance.low"].includes(code)), []);
    if (head === version) return;
    assert(performance.now() < deadline, `no version ${version} after ${LEARN_MS} ms`);
    await sleep(500);
  }
}

async function answersOf({ processes }: Cluster): Promise<void> {
  for (const { service, url } of processes) {
    const healthz = await (await fetch(`${url}/healthz`)).json();
    assertEquals(healthz.status, "ok", service);
    const { status, dependencies } = await (await fetch(`${url}/readyz`)).json();
    assertEquals([status, dependencies.bus, dependencies.store], ["ready", "ok", "ok"], service);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assertStringIncludes(metrics, "cugro_event_loop_lag_seconds", service);
    if (service === "state-generation") {
      assertMatch(
        metrics,
        /cugro_jobs_total\{kind="states.train",outcome="finished",service="state-generation"\} 2/,
      );
      assertMatch(metrics, /cugro_pseudo_samples_total\{kind="states.sample",[^}]*\} [1-9]/);
      assertMatch(metrics, /cugro_training_loss\{kind="states.train",learner="one",/);
    }
    if (service === "coordinator") {
      assertMatch(metrics, /cugro_learner_tasks\{learner="one",state="published",[^}]*\} 2/);
      assertMatch(metrics, /cugro_learner_average_performance\{learner="one"/);
      assertMatch(metrics, /cugro_plan_seconds_count\{[^}]*\} [1-9]/);
      assertMatch(metrics, /cugro_queue_depth\{kind="states.train",state="waiting"/);
    }
  }
}

/** Spans by the trace of each arrival; from an arrival to its version, across the services. */
function checkTraces(spans: readonly ReceivedSpan[], files: readonly string[]): void {
  const arrivals = spans.filter(({ name }) => name === "dataset arrived");
  assertEquals(
    arrivals.map(({ attributes }) => basename(attributes["cugro.key"]!)).sort(),
    files.map((f) => basename(f)),
  );
  for (const arrival of arrivals) {
    const ours = spans.filter(({ traceId }) => traceId === arrival.traceId);
    const jobs = ours.filter(({ name }) => name.startsWith("job "));
    const services = new Set(jobs.map(({ service }) => service));
    for (
      const one of [
        "dataset-import",
        "state-generation",
        "behavior-generation",
        "critic-training",
        "policy-evaluation",
      ]
    ) {
      assert(services.has(one), `${one} has no span in the trace of ${arrival.attributes["cugro.key"]}`);
    }
    for (const { parentSpanId, name } of jobs) assertEquals(parentSpanId, arrival.spanId, name);
    const decided = ours.filter(({ name }) => name === "plan").map(({ attributes }) =>
      JSON.stringify(attributes)
    );
    assert(decided.some((text) => text.includes("/versions/")), "a version was decided in this trace");
  }
  assertEquals(new Set(arrivals.map(({ traceId }) => traceId)).size, files.length);
  const sent = arrivals.find(({ attributes }) => attributes["cugro.key"]!.endsWith(basename(files[1]!)))!;
  assertEquals(sent.service, "gateway");
  const above = spans.filter(({ spanId }) => spanId === sent.parentSpanId);
  assertEquals(
    above.map(({ service }) => service),
    ["gateway"],
    "the upload's request is the arrival's parent",
  );
}

async function stopOneByOne({ processes }: Cluster): Promise<void> {
  for (const one of processes) assertEquals(await one.stop(), 0, `${one.service}: ${one.output()}`);
}

async function spansArrive({ spans }: TraceReceiver, count: number): Promise<void> {
  const deadline = performance.now() + 10_000;
  const versions = () => spans.filter((span) => JSON.stringify(span).includes("/versions/")).length;
  while (versions() < count && performance.now() < deadline) await sleep(100);
}

/** The third file is learnt while every process is stopped and started again, and clients go on asking. */
async function learnWhileRestarting(cluster: Cluster, store: Store, file: string): Promise<void> {
  const load = sendLoad(cluster, { learner: "one", stateDim: SWIMMER_STATES });
  try {
    await store.put(incomingKey("one", basename(file)), new Uint8Array(await readFile(file)));
    await restartAll(cluster);
    await untilVersion(store, 3);
  } finally {
    const { answered, decided, lost } = await load.stop();
    console.log(`${answered} requests answered during the restarts, ${decided} of them with actions`);
    assertEquals(lost, []);
    assert(decided > 20, `${decided}`);
  }
}

Deno.test("startCluster() learns a dropped and a sent file to the bytes of an embedded run, in one trace a dataset, a third one through a rolling restart, and drains", async () => {
  await withFolder(async (folder) => {
    const files = await smallStream(folder, 3);
    const expected = await learnEmbedded(folder, files);
    const receiver = receiveTraces();
    const cluster = await startCluster({
      folder: join(folder, "cluster"),
      processes: { gateway: 2 },
      environment: receiver.environment,
    });
    try {
      const store = await openClusterStore(cluster);
      const [first, second, third] = files as [string, string, string];
      await learn(cluster, store, [first, second]);
      await answersOf(cluster);
      await spansArrive(receiver, 2);
      checkTraces(receiver.spans, [first, second]);
      await learnWhileRestarting(cluster, store, third);
      assertEquals(await finishedWork(store), expected);
      await store.close();
      await stopOneByOne(cluster);
    } finally {
      await cluster.stop();
      await receiver.close();
    }
  });
});
