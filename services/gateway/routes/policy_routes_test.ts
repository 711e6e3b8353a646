import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { createClient, GatewayError } from "@cugro/client";
import { createRng } from "@cugro/algorithm/arrays";
import { unusualAmong } from "@cugro/algorithm/arrays";
import { openBackend } from "@cugro/tensors";
import { publishExample } from "../../../scripts/lab/experiments/example_learner.ts";
import { withLiveGateway } from "../testing/listening_gateway.ts";
import { criticOf, sessionOf, statesOf } from "../dashboard/robots/browser_policy.ts";

const STATE_DIM = 3;

Deno.test("a policy that is computed here acts and judges as the gateway does, to the last bit", () =>
  withLiveGateway({}, async ({ store, url, tokens }) => {
    await openBackend();
    const states = createRng(1, "states").normals(256 * STATE_DIM);
    await publishExample({ store, name: "team-a", acting: ["actor"], states });
    await publishExample({ store, name: "team-a", acting: ["proposer", "sampler"], states });
    const client = createClient({ url, token: tokens.reader });
    const policy = await client.versions.policy("team-a", 2);
    const { tasks, ways, learner, version } = policy.about;
    assertEquals([learner, version, ways], ["team-a", 2, ["sampler", "proposer", "actor"]]);
    assertEquals(tasks.map(({ task, acting }) => [task, acting]), [[1, "proposer"], [2, "sampler"]]);
    for (const task of [1, 2]) {
      const known = statesOf(policy, task);
      for (const acting of ["actor", "proposer"] as const) {
        const session = sessionOf(policy, acting);
        for (const scale of [1, 9]) {
          const state = Float32Array.of(scale, -scale, 0.5);
          const asked = { task, acting, version: 2, seed: 11, observations: [[...state]] };
          const answer = await client.act("team-a", asked);
          const action = session.act(task, state, 11);
          assertEquals([...action], answer.actions[0], `${acting} in task ${task}`);
          const unusual = unusualAmong(known, state);
          assertEquals([unusual.percentiles, unusual.outOfDistribution], [
            answer.percentiles,
            answer.outOfDistribution,
          ]);
          // The critic is the same for all ways of acting.
          const critic = criticOf(policy);
          assertAlmostEquals(
            critic.value(task, state, action)[0]!,
            session.value(task, state, action)[0]!,
            0,
          );
          critic.dispose();
        }
        session.dispose();
      }
    }
  }));

Deno.test("a version that samples alone brings its critic; what there is none of is refused by name", () =>
  withLiveGateway({}, async ({ store, url, tokens }) => {
    await openBackend();
    await publishExample({ store, name: "team-a" });
    const client = createClient({ url, token: tokens.reader });
    const policy = await client.versions.policy("team-a", 1);
    assertEquals(policy.about.ways, ["sampler"]);
    assertEquals(policy.about.tasks[0]!.distances, null, "a task without a sketch");
    const critic = criticOf(policy);
    assertEquals(critic.value(1, new Float32Array(STATE_DIM), new Float32Array(2)).length, 1);
    critic.dispose();
    const missing = await assertRejects(
      () => client.versions.policy("team-a", 7),
      GatewayError,
      "no version 7",
    );
    assertEquals(missing.status, 404);
  }));
