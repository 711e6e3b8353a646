import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { createMetrics } from "./metrics.ts";
import { checkTraceparent, inSpan, traceIdOf } from "./trace.ts";

const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

Deno.test("createMetrics() exposes every name that dashboards are written against", async () => {
  const metrics = createMetrics("coordinator");
  metrics.pseudoSamples.inc({ kind: "states.sample" }, 500);
  metrics.replayDistance.set({ learner: "a", task: "1" }, 1.5);
  const { text, contentType } = await metrics.expose();
  assertMatch(contentType, /text\/plain/);
  for (
    const name of [
      "jobs_total",
      "job_seconds",
      "job_attempts_total",
      "pseudo_samples_total",
      "pseudo_samples_per_second",
      "training_loss",
      "queue_depth",
      "learner_average_performance",
      "learner_backward_transfer",
      "learner_replay_distance",
      "learner_tasks",
      "plan_seconds",
      "event_loop_lag_seconds",
      "http_requests_total",
      "http_request_seconds",
      "act_requests_total",
      "act_batch_size",
      "webhook_deliveries_total",
    ]
  ) assertStringIncludes(text, `# TYPE cugro_${name} `);
  assertStringIncludes(text, 'cugro_pseudo_samples_total{kind="states.sample",service="coordinator"} 500');
  assertStringIncludes(text, 'cugro_learner_replay_distance{learner="a",task="1",service="coordinator"} 1.5');
});

Deno.test("createMetrics() gives each caller a registry of its own", async () => {
  createMetrics("one").actRequests.inc();
  assertStringIncludes(
    (await createMetrics("one").expose()).text,
    'cugro_act_requests_total{service="one"} 0',
  );
});

Deno.test("inSpan() hands a traceparent on where nobody traces, and makes none up", async () => {
  assertEquals(await inSpan("job", { parent: PARENT }, ({ traceparent }) => traceparent), PARENT);
  assertEquals(await inSpan("job", {}, ({ traceparent }) => traceparent), undefined);
  assertEquals(await inSpan("job", { parent: "nonsense" }, ({ traceparent }) => traceparent), undefined);
});

Deno.test("inSpan() passes errors on", async () => {
  await assertRejects(
    () => inSpan("job", {}, () => Promise.reject(new RangeError("too far"))),
    RangeError,
    "too far",
  );
});

Deno.test("checkTraceparent() lets only valid ones through", () => {
  assertEquals(checkTraceparent(PARENT), PARENT);
  assertEquals(traceIdOf(PARENT), "0af7651916cd43dd8448eb211c80319c");
  for (
    const wrong of [
      null,
      undefined,
      "",
      "00-0-0-01",
      `00-${"0".repeat(32)}-${"0".repeat(16)}-01`,
      `${PARENT}x`,
    ]
  ) {
    assertEquals(checkTraceparent(wrong), undefined);
  }
});
