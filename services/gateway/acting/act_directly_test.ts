/** The short way of acting over HTTP against the ordinary one: the same request to both, on a real socket. */
import { assert, assertEquals } from "@std/assert";
import { openBackend } from "@cugro/tensors";
import { publishExample } from "../../../scripts/lab/experiments/example_learner.ts";
import { quickPolicies } from "../../../shared/serving/testing/quick_acting.ts";
import { withLiveGateway } from "../testing/listening_gateway.ts";

const good = JSON.stringify({ task: 1, observations: [[1, 2, 3]], seed: 4 });

Deno.test("the short way answers as the routes do: status, headers, body, for what it takes and what it leaves", () => {
  const { openPolicy } = quickPolicies();
  return withLiveGateway({ openPolicy, pollMs: 3_600_000 }, async ({ url, store, tokens, metrics }) => {
    await openBackend();
    await publishExample({ store, name: "team-a" });
    await publishExample({ store, name: "other" });
    const ask = async (
      body: BodyInit,
      short: boolean,
      { learner = "team-a", token = "reader", type = "application/json" } = {},
    ) => {
      const secret = tokens[token as keyof typeof tokens] ?? token;
      const response = await fetch(`${url}/v1/learners/${learner}/act`, {
        method: "POST",
        // The short way leaves a content type with a parameter to the routes.
        headers: {
          authorization: `Bearer ${secret}`,
          "content-type": short ? type : `${type}; charset=utf-8`,
          "x-request-id": "one",
        },
        body,
      });
      const headers = Object.fromEntries(response.headers);
      for (const name of ["date", "cugro-head-age"]) delete headers[name];
      return { status: response.status, headers, body: await response.text() };
    };
    // Opens the policies.
    for (const learner of ["team-a", "other"]) {
      assertEquals((await ask(good, false, { learner })).status, 200);
    }
    const cases: [string, object?][] = [
      [good],
      ['{"task":1,"observations":[[1,2,3],[1e9,2,3]]}'],
      ['{"task":1,"observations":[[1,2,3]],"version":7}'],
      ['{"task":9,"observations":[[1,2,3]]}'],
      ['{"task":1,"observations":[[1,2]]}'],
      ['{"task":1,"observations":[[1,2,3]],"seeds":1}'],
      ['{"task":1}'],
      ["{"],
      ['{"task":1,"observations":[[1,2,3]],"__proto__":1}'],
      [good, { learner: "nobody" }],
      [good, { learner: "other", token: "team" }],
      [good, { token: "wrong" }],
      [good, { type: "text/plain" }],
    ];
    for (const [body, how] of cases) {
      const ordinary = await ask(body, false, how);
      assertEquals(await ask(body, true, how), ordinary, `${body} ${JSON.stringify(how)}`);
    }
    // A body that comes in pieces is for the routes.
    const pieces = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(new TextEncoder().encode(good.slice(0, 9)));
        await new Promise((resolve) => setTimeout(resolve, 20));
        controller.enqueue(new TextEncoder().encode(good.slice(9)));
        controller.close();
      },
    });
    assertEquals((await ask(pieces, true)).status, 200);
    const { text } = await metrics.expose();
    const counted =
      /cugro_http_requests_total\{route="\/v1\/learners\/:name\/act",method="POST",status="200",service="gateway"\} (\d+)/;
    assertEquals(counted.exec(text)?.[1], "7");
    assert(text.includes("cugro_act_requests_total"));
  });
});
