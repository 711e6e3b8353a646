/** The client's WebSocket in a real browser, whose pages come from elsewhere. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { openBackend } from "@cugro/tensors";
import { publishExample } from "../../scripts/lab/experiments/example_learner.ts";
import { browserPath, withBrowser, withPage } from "../../tests/fakes/browser.ts";
import { quickPolicies } from "../serving/testing/quick_acting.ts";
import { withLiveGateway } from "../../services/gateway/testing/listening_gateway.ts";

/** What @cugro/client/act-socket is made of. */
const PACKAGES = {
  "@cugro/client/act-socket": "client/act_over_websocket.ts",
  "@cugro/protocol/act-socket": "protocol/act_socket.ts",
  "@cugro/async": "async/mod.ts",
};

/** In the page: the outcomes of three requests. */
const ASK = `async ({ url, token, timeoutMs }) => {
  const { actOverWebSocket } = await import("@cugro/client/act-socket");
  const robot = actOverWebSocket({ url, token }, "team-a", { timeoutMs });
  const asked = [1, 9, 1].map((task) => robot.act({ task, observations: [[1, 2, 3]] }));
  const settled = await Promise.allSettled(asked);
  robot.close();
  return settled.map(({ value, reason }) => value?.actions ?? String(reason));
}`;

Deno.test({
  name: "a page of an origin that was named acts over a WebSocket; one of another does not",
  ignore: browserPath === undefined,
  fn: () =>
    withPage(PACKAGES, async (port) => {
      await openBackend();
      const lines: Record<string, unknown>[] = [];
      const origins = [`http://127.0.0.1:${port}`];
      const { openPolicy } = quickPolicies();
      await withLiveGateway({ openPolicy, origins, onLine: (line) => lines.push(line) }, async (gateway) => {
        await publishExample({ store: gateway.store, name: "team-a" });
        await withBrowser(async (browser) => {
          const askFrom = async (host: string, timeoutMs: number) => {
            const page = await browser.newPage();
            await page.goto(`http://${host}:${port}/`);
            // A text is taken for an expression: called here, as a function would be.
            const given = JSON.stringify({ url: gateway.url, token: gateway.tokens.reader, timeoutMs });
            return await page.evaluate(`(${ASK})(${given})`) as unknown[];
          };
          const [first, wrong, last] = await askFrom("127.0.0.1", 60_000);
          assertEquals([first, last], [[[1, 1]], [[1, 1]]]);
          assertStringIncludes(String(wrong), "GatewayError: task: 9 is not known");
          const others = await askFrom("localhost", 900);
          for (const one of others) assertStringIncludes(String(one), "No answer within 900 ms");
          const why = lines.find(({ status }) => status === 403)?.reason;
          assertStringIncludes(String(why), `Pages of "http://localhost:${port}" may not connect`);
        });
      });
    }),
});
