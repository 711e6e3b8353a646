/**
 * A version that leaves: one zip that acts without this software.
 * @module
 */
import { waitAtMost } from "@cugro/async";
import type { Bundler } from "@cugro/export";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { Problem } from "../problem_details.ts";
import { bundleProgressSchema, learnerName, pathNumber } from "@cugro/client/schemas";

/** Without a wish: a bundle that is there is sent, and of one that is not the progress, before a proxy gives up. */
const SHORT_WAIT_SECONDS = 1;
/** Proxies give up after a minute of silence. */
const MOST_WAIT_SECONDS = 50;
const RETRY_SECONDS = 2;

const params = z.object({ name: learnerName, version: pathNumber });
const query = z.object({
  task: z.coerce.number().int().min(1).optional().openapi({ description: "For this task alone" }),
});
const headers = z.object({
  "content-disposition": z.string().openapi({ description: "A file name: learner and version" }),
});

/** What the route needs. `bundler`: who makes them. @default a thread of this process */
export type BundleDeps = RouteDeps & { bundler?: Bundler | undefined };

const requestHeaders = z.object({
  prefer: z.string().optional().openapi({
    description: `\`wait=30\` (RFC 7240): seconds that the answer may take, at most ${MOST_WAIT_SECONDS}`,
  }),
});
const polling = z.object({
  "retry-after": z.string().openapi({ description: "Seconds until it is worth asking again" }),
  location: z.string().openapi({ description: "Where to ask again: the same address" }),
});

const DESCRIPTION =
  "ONNX graphs that were checked against the policy, weights, loaders for Python, C++ and JavaScript with a self-test, " +
  "and what is known of the version: scores, limits, lineage. The same version gives the same bytes. Making it takes half a " +
  "minute, during which this answers 202 with how far it is: ask again until it is there; who asks with `Prefer: wait=50` need " +
  "rarely ask twice. It is kept for ten minutes after it was last asked for. Needs `submit`: weights cannot be taken back. 501 " +
  "where onnxruntime is not installed beside the gateway.";

const bundle = (deps: BundleDeps) =>
  createRoute({
    operationId: "versionBundle",
    ...secured(deps, "submit"),
    ...{ method: "get", path: "/v1/learners/{name}/versions/{version}/bundle", tags: ["versions"] },
    summary: "A version as a zip that acts without this software",
    description: DESCRIPTION,
    request: { params, query, headers: requestHeaders },
    responses: {
      200: {
        description: "The files, MODEL_CARD.md to be read first",
        content: { "application/zip": { schema: z.string().openapi({ format: "binary" }) } },
        headers,
      },
      202: { ...json(bundleProgressSchema, "It is being made: ask again"), headers: polling },
      ...PROBLEMS,
    },
  });

/** Adds the route. */
export function registerBundles(app: Gateway, deps: BundleDeps): void {
  let { bundler } = deps;
  app.openapi(bundle(deps), async (context) => {
    const { name, version } = context.req.valid("param");
    const { task } = context.req.valid("query");
    const waitMs = 1_000 * secondsToWait(context.req.valid("header").prefer);
    // Loaded when it is first wanted: acting and watching need nothing of it.
    const exporting = await import("@cugro/export");
    try {
      bundler ??= exporting.createBundler();
      const gather = () => exporting.gatherVersion(deps.store, name, { version, task });
      const { zip, progress } = await bundler.ask({ learner: name, version, task }, gather);
      if (!await waitAtMost(waitMs, zip)) {
        const { pathname, search } = new URL(context.req.url);
        const wait = { "retry-after": String(RETRY_SECONDS), location: `${pathname}${search}` };
        return context.json(progress(), 202, { ...wait, "cache-control": "no-store" });
      }
      return context.body(await zip, 200, {
        "content-type": "application/zip",
        "content-disposition": `attachment; filename="${name}-version-${version}.zip"`,
      });
    } catch (error) {
      throw problemOfExport(exporting, error);
    }
  });
}

/** What `Prefer: wait=N` asks for. */
function secondsToWait(prefer: string | undefined): number {
  const wait = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?/i.exec(prefer ?? "")?.[1];
  return wait === undefined ? SHORT_WAIT_SECONDS : Math.min(Number(wait), MOST_WAIT_SECONDS);
}

function problemOfExport(
  { BundlerBusy, OnnxRuntimeMissing }: Pick<
    typeof import("@cugro/export"),
    "BundlerBusy" | "OnnxRuntimeMissing"
  >,
  error: unknown,
): unknown {
  if (error instanceof OnnxRuntimeMissing) return new Problem(501, error.message, { cause: error });
  if (!(error instanceof BundlerBusy)) return error;
  const headers = { "retry-after": String(error.retryAfterSeconds) };
  return new Problem(503, error.message, { headers, cause: error });
}
