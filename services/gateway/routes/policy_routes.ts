/**
 * A version's policy as a file, for those who compute with it themselves: the page does, in the browser.
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { portablePolicy } from "@cugro/serving";
import { type Gateway, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { learnerName, pathNumber } from "@cugro/client/schemas";

const DESCRIPTION =
  "Safetensors: the one-step networks (`actor/...`, `proposer/...`) and the critic (`critic/...`), each task's normaliser and what of " +
  "its sketch says how unusual a state is (`task/K/...`); `about` in the metadata is JSON and says how the version acts in " +
  "each task. The sampler's networks are not in it: ask `act`. For other programs than ours there is the bundle.";

/** Adds the route. */
export function registerPolicies(app: Gateway, deps: RouteDeps): void {
  const policy = createRoute({
    operationId: "versionPolicy",
    ...secured(deps, "read"),
    ...{ method: "get", path: "/v1/learners/{name}/versions/{version}/policy", tags: ["versions"] },
    summary: "What a version acts by in one step, to compute with",
    description: DESCRIPTION,
    request: { params: z.object({ name: learnerName, version: pathNumber }) },
    responses: {
      200: {
        description: "The file",
        content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } },
      },
      ...PROBLEMS,
    },
  });
  app.openapi(policy, async (context) => {
    const { name, version } = context.req.valid("param");
    const bytes = await portablePolicy(deps.store, name, { version, cache: deps.cache });
    return context.body(Uint8Array.from(bytes), 200, { "content-type": "application/octet-stream" });
  });
}
