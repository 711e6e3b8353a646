/**
 * Losses of jobs: of one that is done its artifact, of one that runs the progress received so far.
 * @module
 */
import { type Curves, curvesSchema, learnerName } from "@cugro/client/schemas";
import type { JobStatus } from "@cugro/learners";
import { HASH } from "@cugro/protocol";
import { getArtifact, type Store } from "@cugro/store";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { Problem } from "../problem_details.ts";

/** Adds the route. */
export function registerCurves(app: Gateway, deps: RouteDeps): void {
  const { learners, live, store } = deps;
  const show = createRoute({
    operationId: "jobCurves",
    ...secured(deps, "read"),
    ...{ method: "get", path: "/v1/learners/{name}/jobs/{job}/curves", tags: ["jobs"] },
    summary: "Losses of a job, also while it runs",
    request: {
      params: z.object({
        name: learnerName,
        job: z.string().regex(HASH, "must be 64 hexadecimal digits"),
      }),
    },
    responses: { 200: json(curvesSchema, "The losses"), ...PROBLEMS },
  });
  app.openapi(show, async (context) => {
    const { name, job } = context.req.valid("param");
    const found = (await learners.status(name)).jobs.find(({ id }) => id === job);
    if (!found) throw new Problem(404, `There is no job ${job} of "${name}"`);
    return context.json(
      await storedCurves(store, found) ?? reportedCurves(live.progress.losses(job), found),
      200,
    );
  });
}

async function storedCurves(store: Store, { id, kind, outputs }: JobStatus): Promise<Curves | undefined> {
  const artifact = outputs.curves?.artifact;
  if (artifact === undefined) return undefined;
  const stored = JSON.parse(new TextDecoder().decode(await getArtifact(store, artifact)));
  return { job: id, kind, source: "artifact", artifact, curves: curvesSchema.shape.curves.parse(stored) };
}

function reportedCurves(losses: { steps: number[]; values: number[] }, { id, kind }: JobStatus): Curves {
  const curves = losses.steps.length === 0 ? [] : [{ name: "loss", ...losses }];
  return { job: id, kind, source: "progress", artifact: null, curves };
}
