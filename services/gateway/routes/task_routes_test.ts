import { assertEquals } from "@std/assert";
import {
  artifactKey,
  datasetKey,
  encodeFact,
  failureKey,
  type JobKind,
  sha256,
  type TaskFact,
  taskFactSchema,
  taskFailureKey,
  taskKey,
} from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { withGateway } from "../testing/testing_gateway.ts";

const encode = (text: string) => new TextEncoder().encode(text);

async function putTask(store: Store, learner: string): Promise<void> {
  const hash = sha256(encode("rows"));
  for (const key of [datasetKey(hash), artifactKey(hash)]) await store.put(key, encode("rows"));
  const fact: TaskFact = {
    ...{ schema: 1, task: 1, arrival: 1, name: "walk", size: 9, episodes: 1, bytes: 9, horizon: 9 },
    ...{ stateDim: 3, actionDim: 2, environment: null, anchors: { random: 0, good: 1, source: "test" } },
    ...{ datasetHash: hash, importJob: hash, normaliser: hash, sketch: hash },
  };
  await store.put(taskKey(learner, 1), encodeFact(fact, taskFactSchema));
}

Deno.test("what an act has changed shows in the next answer, however often was asked before", () =>
  withGateway(async ({ ask, store }) => {
    await ask("POST", "/v1/learners", { body: { name: "a", preset: "smoke" } });
    const get = async (path: string) => (await ask("GET", `/v1/learners/a/${path}`)).body;
    const stateOf = async () => (await get("tasks/1") as { state: string }).state;
    assertEquals(await get("tasks"), { tasks: [], waiting: [] });
    await putTask(store, "a");
    assertEquals(await stateOf(), "undecided");
    const { jobs } = await get("jobs?state=ready") as { jobs: { id: string; kind: JobKind }[] };
    const { id: job, kind } = jobs[0]!;

    const failure = { schema: 1, n: 1, message: "no" };
    const failed = { permanent: true, failed: "2024-01-01T00:00:00Z" };
    await store.put(failureKey(kind, job, 1), encodeFact({ ...failure, ...failed, jobId: job }));
    await store.put(taskFailureKey("a", 1, 1), encodeFact({ ...failure, task: 1, attempt: 1, job, kind }));
    assertEquals(await stateOf(), "failed");
    const again = await ask("POST", "/v1/learners/a/tasks/1/retry", { body: {} });
    assertEquals([again.status, again.body], [202, { task: 1, how: "continued" }]);
    assertEquals(await stateOf(), "undecided");
    assertEquals((await get(`jobs/${job}`) as { state: string }).state, "ready");
    assertEquals((await ask("POST", "/v1/learners/a/tasks/1/cancel", { body: {} })).status, 200);
    assertEquals(await stateOf(), "cancelled");
  }));
