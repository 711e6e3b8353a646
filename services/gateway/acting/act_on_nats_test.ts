/** Acting over NATS, on a real nats-server. */
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { actOverNats, GatewayError } from "@cugro/client";
import { createLog } from "@cugro/telemetry";
import { createMetrics } from "@cugro/telemetry/metrics";
import { publishExample } from "../../../scripts/lab/experiments/example_learner.ts";
import { quickPolicies, withActing, withStore } from "../../../shared/serving/testing/quick_acting.ts";
import { startTestServer, type TestServer } from "../../../tests/fakes/nats_server.ts";
import { createActMessages } from "./act_messages.ts";
import { actOnNats } from "./act_on_nats.ts";

const log = createLog({ level: "silent" });
const good = { task: 1, observations: [[1, 2, 3]] };

/** Two gateways with one learner, and somebody who asks. */
async function withRobot(
  body: (given: {
    server: TestServer;
    robot: NatsConnection;
    /** How many requests each gateway has answered. */
    counts: number[];
    stops: (() => Promise<void>)[];
    gate: ReturnType<typeof quickPolicies>["gate"];
  }) => Promise<void>,
  { mostUnderWay, configFile }: { mostUnderWay?: number; configFile?: string } = {},
): Promise<void> {
  const server = await startTestServer(configFile === undefined ? {} : { configFile });
  const { gate, openPolicy } = quickPolicies();
  try {
    await withStore(async (store) => {
      await publishExample({ store, name: "team-a" });
      await withActing({ store, openPolicy, maxWaitingRows: 10_000 }, async (acting) => {
        const metrics = createMetrics("test");
        const counts = [0, 0];
        const stops = [];
        for (const [index] of counts.entries()) {
          const answer = createActMessages({ acting, metrics, log });
          const bus = await server.open();
          const counted: typeof answer = (about) => {
            counts[index]!++;
            return answer(about);
          };
          stops.push(await actOnNats(bus, counted, mostUnderWay === undefined ? {} : { mostUnderWay }));
        }
        const robot = await connect({ servers: server.url });
        await body({ server, robot, counts, stops, gate });
        await robot.close();
        for (const stop of stops) await stop();
      });
    });
  } finally {
    await server.dispose();
  }
}

Deno.test("act.<learner> is answered by one of the gateways, with the JSON and the words of HTTP", () =>
  withRobot(async ({ robot, counts, stops }) => {
    const { outOfDistribution, ...chosen } = await actOverNats(robot, "team-a", good);
    const wanted = { version: 1, task: 1, acting: "sampler" as const, actions: [[1, 1]], percentiles: null };
    assertEquals([chosen, outOfDistribution.length], [wanted, 1]);
    const refused = async (learner: string, request: object, status: number, part: string) => {
      // cast: what is sent is wrong on purpose.
      const error = await assertRejects(
        () => actOverNats(robot, learner, request as typeof good),
        GatewayError,
      );
      assertEquals(error.status, status);
      assertStringIncludes(error.detail, part);
    };
    await refused("nobody", good, 404, 'There is no learner "nobody" here');
    await refused("team-a", { ...good, task: 2 }, 422, "task: 2 is not known");
    await refused("team-a", { ...good, seeds: 1 }, 400, "seeds");
    await refused("team-a", { ...good, observations: [[1, 2]] }, 422, "row 0 has 2");
    await assertRejects(() => actOverNats(robot, "Not a name", good), RangeError);
    const raw = await robot.request("act.team-a", "{");
    assertEquals(raw.headers?.get("Nats-Service-Error-Code"), "400");
    assertStringIncludes(raw.headers?.get("Nats-Service-Error") ?? "", "not JSON");
    assertStringIncludes((await robot.request("act.team-a", '{"__proto__":1}')).string(), "__proto__");
    assertEquals(JSON.parse((await robot.request("act.UPPER", "{}")).string()).status, 404);
    counts.fill(0);
    await Promise.all(Array.from({ length: 200 }, () => actOverNats(robot, "team-a", good)));
    assertEquals(counts[0]! + counts[1]!, 200, "each is answered once");
    assert(Math.min(...counts) > 20, `both take part: ${counts}`);
    await stops[0]!();
    await Promise.all(Array.from({ length: 20 }, () => actOverNats(robot, "team-a", good)));
    await stops[1]!();
    await assertRejects(() => actOverNats(robot, "team-a", good), Error, "no responders");
  }));

Deno.test("act.<learner> says what is too much, keeps nobody waiting, and answers what is under way before it stops", async () => {
  const configFile = await Deno.makeTempFile();
  await Deno.writeTextFile(configFile, "max_payload: 8KB\n");
  await withRobot(async ({ robot, gate, stops }) => {
    await actOverNats(robot, "team-a", good);
    // The answer is longer than the question: actions, and whether each row is unusual.
    const many = { task: 1, observations: Array(900).fill([0, 0, 0]) };
    const large = await assertRejects(() => actOverNats(robot, "team-a", many), GatewayError);
    assertEquals(large.status, 413);
    assertStringIncludes(large.detail, "NATS carries 8192: ask about fewer");
    await stops[1]!();
    const release = Promise.withResolvers<void>(), begun = Promise.withResolvers<void>();
    gate.wait = () => {
      begun.resolve();
      return release.promise;
    };
    const waiting = [1, 2, 3].map(() => actOverNats(robot, "team-a", good));
    await begun.promise;
    const late = await assertRejects(() => actOverNats(robot, "team-a", good), GatewayError);
    assertEquals(late.status, 503);
    const stopped = stops[0]!();
    release.resolve();
    assertEquals((await Promise.all(waiting)).map(({ version }) => version), [1, 1, 1]);
    await stopped;
  }, { mostUnderWay: 3, configFile });
  await Deno.remove(configFile);
});
