/** Evaluators over NATS, with the rights of the user `evaluator` and no others: what is wanted, what is taken, what is refused. */
import type { EvaluationFact, VersionFact, WantedAnswer, WantedRequest } from "@cugro/protocol";
import { BY_NATS, EVALUATIONS_WANTED, handInSubject, headKey, versionKey } from "@cugro/protocol";
import { createCache, createLearner, createReader, loadFacts } from "@cugro/learners";
import { connect, type NatsConnection, nkeyAuthenticator } from "@nats-io/transport-node";
import { createEmbeddedBus } from "@cugro/bus";
import { openActing } from "@cugro/serving";
import type { Store } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { createMetrics } from "@cugro/telemetry/metrics";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { publishExample } from "../../scripts/lab/experiments/example_learner.ts";
import { planAwaited } from "../../services/coordinator/await_scores.ts";
import { actOnNats, createActMessages } from "../../services/gateway/acting/mod.ts";
import { evaluateOnNats } from "../../services/gateway/evaluators_on_nats.ts";
import { withStore } from "../../shared/serving/testing/quick_acting.ts";
import { startConfinedNats } from "../security/confined.ts";
import { withClientPython, withoutPython } from "./client_python.ts";

const EXAMPLE = fileURLToPath(
  new URL("../../shared/client/python/examples/nats_evaluator.py", import.meta.url),
);
const log = createLog({ level: "silent" });
const POINT = { gymnasium: "Point-v1" };
const SHAPE = { stateDim: 2, actionDim: 2, acting: ["actor"] } as const;

/** One that serves, one whose version waits for its scores, one whose environments are run here, one whose data names none. */
async function makeLearners(store: Store): Promise<void> {
  await publishExample({ store, name: "serves", ...SHAPE, environment: POINT });
  const overrides = { gate: "enforce", awaitScores: 24 };
  await createLearner({ store, name: "waits", seed: 1, preset: "smoke", overrides });
  await publishExample({ store, name: "waits", ...SHAPE, environment: POINT });
  const key = versionKey("waits", 1);
  const fact = JSON.parse(new TextDecoder().decode((await store.get(key))!.bytes)) as VersionFact;
  const parked = { ...fact, decision: "parked", reasons: ["waits for scores from outside"], awaits: [1] };
  await store.put(key, new TextEncoder().encode(JSON.stringify(parked)));
  await store.delete(headKey("waits"));
  const here = { family: "swimmer-dir", goal: [1, 0] };
  await publishExample({ store, name: "simulated", ...SHAPE, environment: here });
  await publishExample({ store, name: "unnamed", ...SHAPE });
}

/** Gateways' answers over NATS, with the gateway's rights. */
async function withGateways(
  body: (given: { store: Store; evaluator: NatsConnection; url: string; seedFile: string }) => Promise<void>,
): Promise<void> {
  const servers = await startConfinedNats();
  const bus = createEmbeddedBus();
  await (await servers.openBus("coordinator", "create")).close();
  const nats = await servers.openBus("gateway");
  const seedFile = servers.seedFile("evaluator");
  try {
    await withStore(async (store) => {
      await makeLearners(store);
      const acting = await openActing({ store, bus, log });
      const learners = createReader({ store, cache: createCache() });
      const answer = createActMessages({ acting, metrics: createMetrics("test"), log });
      const stops = [
        await actOnNats(nats, answer),
        await evaluateOnNats(nats, { store, bus, learners, log }),
      ];
      const evaluator = await connect({
        ...{ servers: servers.nats.url, inboxPrefix: "_INBOX_evaluator", reconnect: false },
        authenticator: nkeyAuthenticator(new TextEncoder().encode(readFileSync(seedFile, "utf8").trim())),
      });
      try {
        await body({ store, evaluator, url: servers.nats.url, seedFile });
      } finally {
        await evaluator.close();
        for (const stop of stops) await stop();
        await acting.close();
      }
    });
  } finally {
    await nats.close();
    await bus.close();
    await servers.stop();
  }
}

async function wantedOf(evaluator: NatsConnection, request: WantedRequest): Promise<string[]> {
  const answer = await evaluator.request(EVALUATIONS_WANTED, JSON.stringify(request), { timeout: 20_000 });
  const { wanted, more } = answer.json<WantedAnswer>();
  assertEquals(more, 0);
  return wanted.map(({ learner, version, task, waits }) =>
    `${learner} ${version} ${task}${waits ? " waits" : ""}`
  );
}

/** Status and words of a refusal. */
async function refusal(evaluator: NatsConnection, subject: string, body: unknown): Promise<string> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await evaluator.request(subject, text, { timeout: 20_000 });
  return `${answer.headers?.get("Nats-Service-Error-Code")} ${JSON.stringify(answer.json())}`;
}

Deno.test("an evaluator is told what is wanted, of the environments that it names, what is waited for first", () =>
  withGateways(async ({ evaluator }) => {
    const all = ["waits 1 1 waits", "serves 1 1", "unnamed 1 1"];
    assertEquals(await wantedOf(evaluator, {}), all);
    assertEquals(await wantedOf(evaluator, { environments: ["Point*"] }), all.slice(0, 2));
    assertEquals(await wantedOf(evaluator, { environments: ["task 1", "Hopper-v5"] }), all.slice(2));
    assertEquals(
      await wantedOf(evaluator, { learners: ["s*"], environments: ["Point-v1"] }),
      all.slice(1, 2),
    );
    const { wanted } = (await evaluator.request(EVALUATIONS_WANTED, "")).json<WantedAnswer>();
    const { until, ...first } = wanted[0]!;
    assertEquals(first, {
      ...{ learner: "waits", version: 1, task: 1, waits: true, environmentName: "Point-v1" },
      ...{ environment: POINT, stateDim: 2, actionDim: 2, discreteActions: null, horizon: 256 },
    });
    assertEquals(Math.round((Date.parse(until!) - Date.now()) / 3_600_000), 24);
    for (
      const [body, part] of [["{", "not JSON"], [{ environment: [] }, "environment"], [
        '{"__proto__":{}}',
        "__proto__",
      ]]
    ) {
      const refused = await refusal(evaluator, EVALUATIONS_WANTED, body);
      assertMatch(refused, /^400 /);
      assertStringIncludes(refused, part as string);
    }
  }));

Deno.test("what an evaluator hands in counts once, and is refused with its reason where it cannot count", () =>
  withGateways(async ({ evaluator, store }) => {
    const given = { version: 1, task: 1, returns: [0.5, 0.7], seeds: [0, 1], evaluator: "a robot" };
    const handIn = async (learner: string, body: unknown) =>
      (await evaluator.request(handInSubject(learner), JSON.stringify(body), { timeout: 20_000 })).json<
        EvaluationFact
      >();
    const [one, again] = [await handIn("serves", given), await handIn("serves", given)];
    assertEquals([one.n, one.by, one.returns], [1, BY_NATS, [0.5, 0.7]]);
    assertEquals(again, one);
    assertEquals((await loadFacts(store, "serves")).evaluations?.length, 1);
    const cases: [string, unknown, string][] = [
      ["nobody", given, "404 .*There is no learner .*nobody"],
      ["serves", { ...given, version: 9 }, "404 .*version 9"],
      ["serves", { ...given, task: 2 }, "422 .*does not know task 2"],
      ["serves", { ...given, seeds: [1] }, "422 .*seeds must have one value"],
      ["serves", { ...given, by: "admin" }, "400 .*by"],
      ["serves", { version: 1, task: 1, evaluator: "a robot" }, "400 .*returns"],
      ["simulated", given, "422 .*simulator here"],
    ];
    for (const [learner, body, expected] of cases) {
      assertMatch(await refusal(evaluator, handInSubject(learner), body), new RegExp(expected));
    }
    assertMatch(await refusal(evaluator, "evaluations.hand-in.UPPER", given), /^404 /);
  }));

Deno.test({
  name: "the Python example measures what is wanted, with its rights alone, and then nothing waits for it",
  ignore: withoutPython,
  fn: () =>
    withClientPython(({ run }) =>
      withGateways(async ({ store, evaluator, url, seedFile }) => {
        const names = ["--environments", "Point*", "--once"];
        const { code, stdout, stderr } = await run(EXAMPLE, {}, url, "--seed", seedFile, ...names);
        assertEquals([code, stderr], [0, ""], stdout);
        const lines = stdout.trim().split("\n");
        assertEquals(lines.length, 2, stdout);
        for (const [i, learner] of ["waits", "serves"].entries()) {
          assertMatch(
            lines[i]!,
            new RegExp(`^${learner}: version 1, task 1: mean return -\\S+ of 20 episodes$`),
          );
        }
        const facts = await loadFacts(store, "waits");
        const [evaluation] = facts.evaluations!;
        assertEquals([evaluation!.evaluator, evaluation!.seeds?.length], [
          "point simulator 1.0, over NATS",
          20,
        ]);
        const { decide } = planAwaited(facts, Date.now());
        // Scores of a point by anchors of 0 and 1 are below those of chance: it stays parked, and no longer waits.
        assertEquals(decide, []);
        assertEquals(planAwaited(facts, Date.now()).waits, false);
        assertEquals(await wantedOf(evaluator, { environments: ["Point*"] }), []);
      })
    ),
});
