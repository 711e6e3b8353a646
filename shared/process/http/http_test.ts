import { sleep } from "@cugro/async";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Hono } from "hono";
import { createMetrics } from "../../telemetry/metrics.ts";
import { ConfigError } from "../config.ts";
import { createBaseApp, type Readiness, startHttpBase } from "./base_app.ts";
import { listen } from "./listen.ts";

async function serving(
  test: (url: string, port: number) => Promise<void>,
  ready: Readiness = { bus: true, store: true },
  extra?: Hono,
): Promise<void> {
  const metrics = createMetrics("state-generation");
  metrics.jobs.inc({ kind: "states.train", outcome: "finished" });
  const server = await startHttpBase({
    port: 0,
    metrics,
    ready: () => Promise.resolve(ready),
    ...(extra ? { extra } : {}),
  });
  try {
    await test(`http://127.0.0.1:${server.port}`, server.port);
  } finally {
    await server.close();
  }
}

Deno.test("startHttpBase() says that it is alive, ready, and what it counted", () =>
  serving(async (url) => {
    const healthz = await (await fetch(`${url}/healthz`)).json();
    assertEquals(healthz.status, "ok");
    assert(healthz.eventLoopLagSeconds >= 0);
    const readyz = await fetch(`${url}/readyz`);
    assertEquals([readyz.status, await readyz.json()], [200, {
      status: "ready",
      dependencies: { bus: "ok", store: "ok" },
    }]);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assertStringIncludes(
      metrics,
      'cugro_jobs_total{kind="states.train",outcome="finished",service="state-generation"} 1',
    );
    assertStringIncludes(metrics, "cugro_event_loop_lag_seconds");
    const other = await fetch(`${url}/elsewhere`);
    assertEquals(other.status, 404);
    await other.body?.cancel();
  }));

Deno.test("startHttpBase() says which process it is, so that one is not taken for another at its port", async () => {
  const metrics = createMetrics("other");
  const ready = () => Promise.resolve({});
  const server = await startHttpBase({ port: 0, metrics, ready, instance: "a1" });
  try {
    for (const path of ["healthz", "readyz"]) {
      const answer = await fetch(`http://127.0.0.1:${server.port}/${path}`);
      assertEquals((await answer.json()).instance, "a1");
    }
  } finally {
    await server.close();
  }
});

Deno.test("startHttpBase() answers 503 with what is wrong while something is", () =>
  serving(async (url) => {
    const readyz = await fetch(`${url}/readyz`);
    assertEquals([readyz.status, await readyz.json()], [503, {
      status: "not ready",
      dependencies: { bus: "connection refused at 127.0.0.1:4222", store: "ok" },
    }]);
  }, { bus: "connection refused at 127.0.0.1:4222", store: true }));

Deno.test("startHttpBase() answers 200 without what the process outlives, and says that it is away", async () => {
  const app = async (dependencies: Readiness) => {
    const options = { ready: () => Promise.resolve(dependencies), metrics: createMetrics("gateway") };
    const base = createBaseApp({ ...options, outlived: new Set(["bus", "store"]) }, { lagSeconds: () => 0 });
    const answer = await base.request("/readyz");
    return [answer.status, await answer.json()];
  };
  const away = "it does not answer";
  assertEquals(await app({ bus: true, store: away, tokens: true }), [200, {
    status: "degraded",
    dependencies: { bus: "ok", store: away, tokens: "ok" },
  }]);
  assertEquals((await app({ bus: away, store: away, tokens: "is being opened" }))[0], 503);
});

Deno.test("startHttpBase() notices a blocked event loop", () =>
  serving(async (url) => {
    await sleep(10);
    for (const end = performance.now() + 700; performance.now() < end;);
    const { eventLoopLagSeconds } = await (await fetch(`${url}/healthz`)).json();
    assert(eventLoopLagSeconds > 0.3, `${eventLoopLagSeconds} s`);
  }));

Deno.test("startHttpBase() names the port that is taken", () =>
  serving(async (_url, port) => {
    const metrics = createMetrics("other");
    await assertRejects(
      () => startHttpBase({ port, metrics, ready: () => Promise.resolve({}) }),
      ConfigError,
      `Cannot listen on 127.0.0.1:${port}: another process has it`,
    );
  }));

/** An application that needs streams both ways. */
function streamingApp(left: PromiseWithResolvers<void>): Hono {
  const app = new Hono();
  app.post("/count", async (context) => {
    let bytes = 0;
    for await (const chunk of context.req.raw.body!) bytes += chunk.length;
    return context.json({ bytes, type: context.req.header("content-type") });
  });
  app.get("/endless", (context) => {
    context.req.raw.signal.addEventListener("abort", () => left.resolve());
    const body = new ReadableStream({
      async pull(controller) {
        await sleep(5);
        controller.enqueue(new TextEncoder().encode("more\n"));
      },
    });
    return new Response(body, { headers: { "set-cookie": "a=1" } });
  });
  app.get("/broken", () => Promise.reject(new Error("secret detail")));
  return app;
}

Deno.test("startHttpBase() streams bodies both ways, and tells an application that a client has left", async () => {
  const left = Promise.withResolvers<void>();
  await serving(
    async (url) => {
      const chunk = new Uint8Array(1 << 20);
      let chunks = 0;
      const body = new ReadableStream({
        pull: (controller) => ++chunks > 8 ? controller.close() : controller.enqueue(chunk),
      });
      const counted = await fetch(`${url}/count`, {
        method: "POST",
        body,
        headers: { "content-type": "application/octet-stream" },
      });
      assertEquals(await counted.json(), { bytes: 8 << 20, type: "application/octet-stream" });
      const leave = new AbortController();
      const endless = await fetch(`${url}/endless`, { signal: leave.signal });
      const reader = endless.body!.getReader();
      assertEquals(new TextDecoder().decode((await reader.read()).value).slice(0, 5), "more\n");
      await reader.cancel();
      leave.abort();
      await left.promise;
      const broken = await fetch(`${url}/broken`);
      assertEquals([broken.status, (await broken.text()).includes("secret")], [500, false]);
      assertEquals((await (await fetch(`${url}/readyz`)).json()).status, "ready");
    },
    { bus: true },
    streamingApp(left),
  );
});

Deno.test("close() lets a request finish, and does not wait forever", async () => {
  const app = new Hono();
  const stuck = Promise.withResolvers<Response>();
  app.get("/slow", async (context) => {
    await sleep(150);
    return context.text("done");
  });
  app.get("/stuck", () => stuck.promise);
  const server = await listen({ host: "127.0.0.1", port: 0, fetch: app.fetch });
  const slow = fetch(`http://127.0.0.1:${server.port}/slow`);
  const never = fetch(`http://127.0.0.1:${server.port}/stuck`).then((answer) => answer.text(), () => "cut");
  await sleep(20);
  const began = performance.now();
  await server.close(600);
  assert(performance.now() - began < 5_000);
  assertEquals(await (await slow).text(), "done");
  stuck.resolve(new Response("late"));
  await never;
});

Deno.test("close() lets a body come in that is under way", async () => {
  const begun = Promise.withResolvers<void>();
  const app = new Hono();
  app.post("/count", async (context) => {
    let bytes = 0;
    for await (const chunk of context.req.raw.body!) {
      bytes += chunk.length;
      begun.resolve();
    }
    return context.json(bytes);
  });
  const server = await listen({ host: "127.0.0.1", port: 0, fetch: app.fetch });
  let more: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => void (more = controller) });
  const counting = fetch(`http://127.0.0.1:${server.port}/count`, { method: "POST", body });
  more!.enqueue(new Uint8Array(1000));
  await begun.promise;
  const closed = server.close(60_000);
  // Long enough for a server that ends bodies to have ended this one.
  await sleep(50);
  more!.enqueue(new Uint8Array(234));
  more!.close();
  const answer = await counting;
  assertEquals([answer.status, await answer.json()], [200, 1234]);
  await closed;
});
