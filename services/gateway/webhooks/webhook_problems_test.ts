import { createProblem, type Problem } from "@cugro/protocol";
import { assertEquals, assertMatch } from "@std/assert";
import { refuse, until, withLiveGateway, withReceiver } from "../testing/listening_gateway.ts";

Deno.test("a webhook that keeps failing is a problem, for tokens that see all learners, until its receiver takes events", () => {
  let isDown = true;
  return withReceiver(
    ({ url: receiver }) =>
      withLiveGateway({ problems: { lookMs: 20, gatherMs: 50 } }, async ({ store, ask }) => {
        const failing = async (as: "admin" | "team" = "admin") => {
          const { body } = await ask("GET", "/v1/problems", undefined, as);
          return body.problems.filter(({ code }: Problem) => code === "webhook.failing") as Problem[];
        };
        const { body: hook } = await ask("POST", "/v1/webhooks", { url: receiver });
        await refuse(store, "a", 1);
        await until("it is a problem", async () => (await failing()).length === 1);
        const [problem] = await failing();
        assertEquals(problem!.subject, { learner: null, webhook: hook.id });
        assertMatch(problem!.message, /keeps failing: cugro.arrival.rejected could not be delivered \(.*500/);
        assertEquals(await failing("team"), []);
        isDown = false;
        await refuse(store, "a", 2);
        await until("it is over", async () => (await failing()).length === 0);
      }),
    () => new Response(null, { status: isDown ? 500 : 204 }),
  );
});

Deno.test("a problem that is over before anybody has looked is delivered all the same, and then its end", () =>
  withReceiver(({ url, received }) =>
    withLiveGateway({}, async ({ ask, anotherDeliverer }) => {
      const types = ["cugro.problem.raised", "cugro.problem.resolved"];
      assertEquals((await ask("POST", "/v1/webhooks", { url, types })).status, 201);
      const deliverer = await anotherDeliverer();
      const since = new Date().toISOString();
      const about = { since, message: "The bus (NATS) cannot be reached.", advice: "Start it again." };
      deliverer.notifyOfProblems([createProblem("bus.away", {}, about)]);
      deliverer.notifyOfProblems([]);
      const deliveredTypes = () => received.map(({ body }) => JSON.parse(body).type);
      await until("both have come", () => deliveredTypes().length === 2);
      assertEquals(deliveredTypes(), types);
    })
  ));
