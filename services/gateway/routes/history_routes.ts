/**
 * All versions of a learner in columns, for pictures of many: packed where that is asked for, and nothing of what has not changed.
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { historySchema, learnerName } from "@cugro/client/schemas";
import { type Gateway, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { historyJson } from "../history_view.ts";
import { pack, packingFor } from "../packing.ts";

/** Adds the route. */
export function registerHistory(app: Gateway, deps: RouteDeps): void {
  const { learners } = deps;
  const headers = z.object({
    etag: z.string().openapi({ description: "The `mark`; what is the same has the same" }),
    vary: z.string().openapi({ description: "Accept-Encoding: `br` and `gzip` are known" }),
  });
  const route = createRoute({
    operationId: "history",
    ...secured(deps, "read"),
    ...{
      method: "get",
      path: "/v1/learners/{name}/history",
      tags: ["results"],
      summary: "All versions in columns, for pictures of many",
    },
    description:
      "A fiftieth of what `results`, `fidelity` and `versions` tell of a long learner. With the header " +
      "`If-None-Match` and the last answer's `ETag` the answer is a 304 as long as nothing has changed.",
    request: { params: z.object({ name: learnerName }) },
    responses: {
      200: {
        description: "The columns",
        content: { "application/json": { schema: historySchema } },
        headers,
      },
      304: { description: "Nothing has changed", headers },
      ...PROBLEMS,
    },
  });
  app.openapi(route, async (context) => {
    const { mark, json } = historyJson(await learners.overview(context.req.valid("param").name));
    const etag = `W/"${mark}"`;
    context.header("etag", etag);
    context.header("vary", "Accept-Encoding");
    if (isKnown(context.req.header("if-none-match"), etag)) return context.body(null, 304);
    const packing = packingFor(context.req.header("accept-encoding"));
    if (packing !== undefined) context.header("content-encoding", packing);
    return context.body(await pack(json, packing), 200, { "content-type": "application/json" });
  });
}

/** Whether one of the marks that a request has is this one; strong or weak, as caches write them. */
function isKnown(given: string | undefined, etag: string): boolean {
  const plain = (mark: string) => mark.trim().replace(/^W\//, "");
  return given?.split(",").some((mark) => plain(mark) === plain(etag)) ?? false;
}
