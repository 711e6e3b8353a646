import { assertEquals, assertStringIncludes } from "@std/assert";
import { withGateway } from "./testing/testing_gateway.ts";

Deno.test("parameters that nobody reads are 400 with what there is, on every kind of route", () =>
  withGateway(async ({ ask, store }) => {
    await ask("POST", "/v1/learners", { body: { name: "mine", preset: "smoke" } });
    const before = await store.list("");
    const one = "/v1/learners/mine";
    const asked: [string, string][] = [
      ["GET", "/v1/learners?preset=smoke"],
      ["GET", `${one}?all=true`],
      ["GET", "/v1/problems?al=true"],
      ["POST", `${one}/tasks?fileName=x&set=behaviorSteps=6000`],
      ["POST", `${one}/tasks?fileName=x&behaviorSteps=6000`],
      ["POST", `${one}/tasks?filename=x`],
      ["POST", `${one}/tasks/1/retry?stateSteps=9`],
      ["DELETE", `${one}?confirm=yes`],
    ];
    for (const [method, path] of asked) {
      assertEquals((await ask(method, path)).status, 400, `${method} ${path}`);
    }
    assertEquals(await store.list(""), before, "nothing was done");
    const { body } = await ask("GET", "/v1/problems?al=true");
    const { detail, errors } = body as { detail: string; errors: { field: string }[] };
    assertStringIncludes(detail, 'There is no parameter "al" here, but all');
    assertEquals(errors.map(({ field }) => field), ["query.al"]);
    assertEquals((await ask("GET", "/v1/problems?all=true")).status, 200);
    assertEquals(
      (await ask("GET", "/openapi.json?x=1", { as: "" })).status,
      200,
      "pages are not asked for anything",
    );
  }));
