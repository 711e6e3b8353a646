/**
 * The report of a learner: with a token, and in a browser by a link that is good for it alone and for some minutes.
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import { learnerName, reportLinkSchema } from "@cugro/client/schemas";
import { learnerExists } from "@cugro/learners";
import { withFlag } from "@cugro/problems";
import type { Context } from "hono";
import {
  type Gateway,
  type GatewayEnv,
  json,
  noLearner,
  PROBLEMS,
  type RouteDeps,
  secured,
} from "../gateway.ts";
import { refuseOutage, refuseTooOften } from "../gateway.ts";
import type { RateLimiter } from "../limits.ts";
import type { ReportLinks } from "../report_links.ts";

/** What the routes need besides what all do. */
export interface ReportDeps extends RouteDeps {
  links: ReportLinks;
  rate: RateLimiter;
}

const tags = ["results"];
const params = z.object({ name: learnerName });
/** Nothing in the page runs, and nothing is loaded from anywhere. */
const REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

/** Adds the routes. */
export function registerReport(app: Gateway, deps: ReportDeps): void {
  registerPage(app, deps);
  registerLink(app, deps);
  registerLinked(app, deps);
}

function registerPage(app: Gateway, deps: ReportDeps): void {
  const report = createRoute({
    operationId: "report",
    ...secured(deps, "read"),
    ...{
      method: "get",
      path: "/v1/learners/{name}/report",
      tags,
      summary: "The report: one page, complete in itself",
    },
    request: { params },
    responses: {
      200: { description: "HTML", content: { "text/html": { schema: z.string() } } },
      ...PROBLEMS,
    },
  });
  app.openapi(report, async (context) => {
    const page = await pageOf(deps, context, context.req.valid("param").name);
    return context.html(page, 200);
  });
}

function registerLink(app: Gateway, deps: ReportDeps): void {
  const link = createRoute({
    operationId: "reportLink",
    ...secured(deps, "read"),
    ...{
      method: "post",
      path: "/v1/learners/{name}/report/link",
      tags,
      summary: "A link that opens the report in a browser, without a token, for ten minutes",
    },
    request: { params },
    responses: {
      201: json(reportLinkSchema, "It opens this report and nothing else, as long as this token is valid"),
      ...PROBLEMS,
    },
  });
  app.openapi(link, async (context) => {
    const { name } = context.req.valid("param");
    return context.json(await deps.links.make(context.get("token"), name), 201);
  });
}

/** No operation of the API: a place for browsers. */
function registerLinked(app: Gateway, deps: ReportDeps): void {
  app.get("/reports/:link", async (context) => {
    const { learner, token } = await deps.links.read(context.req.param("link"));
    context.set("token", token);
    refuseTooOften(deps.rate, token);
    refuseOutage(deps);
    if (!await learnerExists(deps.store, learner)) throw noLearner(learner);
    const page = await pageOf(deps, context, learner);
    context.header("cache-control", "no-store");
    return context.html(page, 200);
  });
}

async function pageOf({ store }: ReportDeps, context: Context<GatewayEnv>, name: string): Promise<string> {
  // Loaded when it is first wanted: drawing needs much that acting and watching do not.
  const { gatherReport, renderReport } = await import("@cugro/report");
  const { origin } = new URL(context.req.url);
  const complete = (words: string) => `deno task cugro ${withFlag(words, `--url ${origin}`)}`;
  const page = renderReport(await gatherReport(store, name, complete));
  context.header("content-security-policy", REPORT_POLICY);
  return page;
}
