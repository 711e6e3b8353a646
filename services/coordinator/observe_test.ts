import { sleep } from "@cugro/async";
import { assert, assertStringIncludes } from "@std/assert";
import { createMetrics } from "@cugro/telemetry/metrics";
import { deleteLearner, loadFacts, rollback } from "@cugro/learners";
import { createObserver, watchQueues } from "./observe.ts";
import { memoryStore } from "../../tests/fakes/memory_store.ts";
import { drive, learnerWith, pretend } from "../../tests/fakes/world.ts";

Deno.test("createObserver() records tasks, performance and replay distance of the newest version", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  const metrics = createMetrics("coordinator");
  const observe = createObserver(metrics);
  observe(await loadFacts(store, "a"));
  assert(!(await metrics.expose()).text.includes("cugro_learner_average_performance{"));
  const returns = (task: number, newTask: number) => task < newTask ? [60] : [80];
  const fidelity = () => ({ slicedWasserstein: 0.3, slicedWassersteinFloor: 0.2 });
  await drive(store, pretend({ returns, fidelity }));
  observe(await loadFacts(store, "a"));
  const { text } = await metrics.expose();
  for (
    const line of [
      'cugro_learner_tasks{learner="a",state="published",service="coordinator"} 2',
      'cugro_learner_tasks{learner="a",state="undecided",service="coordinator"} 0',
      'cugro_learner_average_performance{learner="a",service="coordinator"} 70',
      'cugro_learner_best_average_performance{learner="a",service="coordinator"} 80',
      'cugro_learner_just_learned{learner="a",service="coordinator"} 80',
      'cugro_learner_backward_transfer{learner="a",service="coordinator"} -20',
      'cugro_learner_forgetting{learner="a",service="coordinator"} 20',
      'cugro_learner_worst_drop{learner="a",service="coordinator"} 20',
      'cugro_learner_replay_distance{learner="a",task="1",service="coordinator"} 1.4999999999999998',
    ]
  ) assertStringIncludes(text, line);
  // What has no value any more does not stand as it was.
  await rollback({ store, name: "a", version: 1 });
  observe(await loadFacts(store, "a"));
  const back = (await metrics.expose()).text;
  assertStringIncludes(back, 'cugro_learner_average_performance{learner="a",service="coordinator"} 80');
  assert(!back.includes("cugro_learner_worst_drop{"), back);
  await deleteLearner({ store, name: "a" });
  observe(await loadFacts(store, "a"));
  assert(!(await metrics.expose()).text.includes("cugro_learner_average_performance{"));
});

Deno.test("createObserver() records what versions are worth by estimates, as long as there is one", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one@none", "two@none"], { estimate: "noSimulator", maxEstimatedDrop: 40 });
  const metrics = createMetrics("coordinator");
  const observe = createObserver(metrics);
  // Anchors are 0 and 100: returns are scores.
  const estimates = (task: number, newTask: number) => Array(5).fill(task === newTask ? 80 : 30);
  await drive(store, pretend({ estimates }));
  observe(await loadFacts(store, "a"));
  const { text } = await metrics.expose();
  for (
    const line of [
      'cugro_learner_estimated_score{learner="a",task="1",service="coordinator"} 50',
      'cugro_learner_estimated_score{learner="a",task="2",service="coordinator"} 80',
      'cugro_learner_estimated_drop{learner="a",task="1",service="coordinator"} 30',
    ]
  ) assertStringIncludes(text, line);
  await rollback({ store, name: "a", version: 1 });
  observe(await loadFacts(store, "a"));
  const back = (await metrics.expose()).text;
  assert(!back.includes("cugro_learner_estimated_drop{"), back);
  assertStringIncludes(back, 'cugro_learner_estimated_score{learner="a",task="1",service="coordinator"} 80');
});

Deno.test("watchQueues() records the depth of each queue, and outlives a bus that is away", async () => {
  const metrics = createMetrics("coordinator");
  const stop = new AbortController();
  const watching = watchQueues(
    {
      queueDepth(kind) {
        if (kind === "critic.train") return Promise.reject(new Error("away"));
        return Promise.resolve({ waiting: 7, running: 2 });
      },
    },
    metrics,
    stop.signal,
  );
  await sleep(10);
  stop.abort();
  await watching;
  const { text } = await metrics.expose();
  assertStringIncludes(
    text,
    'cugro_queue_depth{kind="states.sample",state="waiting",service="coordinator"} 7',
  );
  assertStringIncludes(
    text,
    'cugro_queue_depth{kind="states.sample",state="running",service="coordinator"} 2',
  );
  assert(!text.includes('kind="critic.train"'));
});
