/**
 * A version that leaves: one zip that acts without this software.
 * @module
 */
import type { Bundler } from "@cugro/export";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { Problem } from "../problem.ts";
import { learnerName, pathNumber } from "@cugro/client/schemas";

const params = z.object({ name: learnerName, version: pathNumber });
const query = z.object({
  task: z.coerce.number().int().min(1).optional().openapi({ description: "For this task alone" }),
});
const headers = z.object({
  "content-disposition": z.string().openapi({ description: "A file name: learner and version" }),
});

/** What the route needs. `bundler`: who makes them. @default a thread of this process */
export type BundleDeps = RouteDeps & { bundler?: Bundler | undefined };

const DESCRIPTION =
  "ONNX graphs that were checked against the policy, weights, loaders for Python, C++ and JavaScript with a self-test, " +
  "and what is known of the version: scores, limits, lineage. The same version gives the same bytes. Takes half a " +
  "minute; bundles are made one after the other. 501 where onnxruntime is not installed beside the gateway.";

/** Adds the route. */
export function registerBundles(app: Gateway, deps: BundleDeps): void {
  const bundle = createRoute({
    operationId: "versionBundle",
    ...secured(deps, "read"),
    ...{ method: "get", path: "/v1/learners/{name}/versions/{version}/bundle", tags: ["versions"] },
    summary: "A version as a zip that acts without this software",
    description: DESCRIPTION,
    request: { params, query },
    responses: {
      200: {
        description: "The files, MODEL_CARD.md to be read first",
        content: { "application/zip": { schema: z.string().openapi({ format: "binary" }) } },
        headers,
      },
      ...PROBLEMS,
    },
  });
  let { bundler } = deps;
  app.openapi(bundle, async (context) => {
    const { name, version } = context.req.valid("param");
    const { task } = context.req.valid("query");
    // Loaded when it is first wanted: acting and watching need nothing of it.
    const exporting = await import("@cugro/export");
    try {
      const input = await exporting.gatherVersion(deps.store, name, { version, task });
      const { files } = await (bundler ??= exporting.createBundler()).make(input);
      return context.body(exporting.zipFiles(files), 200, {
        "content-type": "application/zip",
        "content-disposition": `attachment; filename="${name}-version-${version}.zip"`,
      });
    } catch (error) {
      throw problemOfExport(exporting, error);
    }
  });
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
