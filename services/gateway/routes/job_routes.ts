/**
 * Jobs: what is being done for a learner, and what was.
 * @module
 */
import { HASH } from "@cugro/protocol";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { Problem } from "../problem_details.ts";
import {
  jobDetailSchema,
  jobSchema,
  jobStateSchema,
  learnerName,
  pageQuery,
  pathNumber,
} from "@cugro/client/schemas";
import { jobSummary, jobView } from "../views.ts";

const tags = ["jobs"];

/** Adds the routes. */
export function registerJobs(app: Gateway, deps: RouteDeps): void {
  registerList(app, deps);
  registerOne(app, deps);
}

function registerList(app: Gateway, deps: RouteDeps): void {
  const { learners, live } = deps;
  const list = createRoute({
    operationId: "listJobs",
    ...secured(deps, "read"),
    ...{
      method: "get",
      path: "/v1/learners/{name}/jobs",
      tags,
      summary: "Jobs of decided tasks and of the current one",
    },
    request: {
      params: z.object({ name: learnerName }),
      query: z.object({ state: jobStateSchema.optional(), task: pathNumber.optional(), ...pageQuery }),
    },
    responses: {
      200: json(
        z.object({ jobs: z.array(jobSchema), total: z.int() }),
        "A page of them; `total` before paging",
      ),
      ...PROBLEMS,
    },
  });
  app.openapi(list, async (context) => {
    const { state, task, limit, offset } = context.req.valid("query");
    const { jobs } = await learners.status(context.req.valid("param").name);
    const chosen = jobs.filter((job) =>
      (state === undefined || job.state === state) && (task === undefined || job.task === task)
    );
    const page = chosen.slice(offset, offset + limit).map((job) =>
      jobSummary(job, live.progress.last(job.id))
    );
    return context.json({ jobs: page, total: chosen.length }, 200);
  });
}

function registerOne(app: Gateway, deps: RouteDeps): void {
  const { learners, live } = deps;
  const show = createRoute({
    operationId: "showJob",
    ...secured(deps, "read"),
    ...{ method: "get", path: "/v1/learners/{name}/jobs/{job}", tags, summary: "One job, with its metrics" },
    request: {
      params: z.object({
        name: learnerName,
        job: z.string().regex(HASH, "must be 64 hexadecimal digits"),
      }),
    },
    responses: { 200: json(jobDetailSchema, "The job"), ...PROBLEMS },
  });
  app.openapi(show, async (context) => {
    const { name, job } = context.req.valid("param");
    const found = (await learners.status(name)).jobs.find(({ id }) => id === job);
    if (!found) throw new Problem(404, `There is no job ${job} of "${name}"`);
    return context.json(jobView(found, live.progress.last(job)), 200);
  });
}
