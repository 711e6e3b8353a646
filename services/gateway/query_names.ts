/**
 * Refuses what a route does not ask for: a parameter with an unknown name would be ignored silently.
 * @module
 */
import { didYouMean } from "@cugro/algorithm/knobs";
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { Gateway, GatewayEnv } from "./gateway.ts";
import { Problem } from "./problem_details.ts";

/**
 * Names of each route's query, from what the API's description is made of. The routes may be registered later.
 *
 * @param app whose routes are described
 * @returns middleware that answers 400 to names that a route does not know
 */
export function refuseUnknownQueries(app: Gateway): MiddlewareHandler<GatewayEnv> {
  let known: Map<string, readonly string[]> | undefined;
  return async (context, next) => {
    const given = Object.keys(context.req.query());
    if (given.length > 0) {
      known ??= namesOf(app);
      const method = context.req.method === "HEAD" ? "GET" : context.req.method;
      const route = matchedRoutes(context).find(({ path }) => known!.has(`${method} ${path}`));
      const names = route && known.get(`${method} ${route.path}`)!;
      const unknown = names && given.find((name) => !names.includes(name));
      if (unknown !== undefined) throw unknownName(unknown, names!);
    }
    await next();
  };
}

function namesOf(app: Gateway): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== "route") continue;
    const { method, path, request } = definition.route;
    const query = request?.query;
    const names = query && "shape" in query ? Object.keys(query.shape as object) : [];
    found.set(`${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`, names);
  }
  return found;
}

function unknownName(name: string, names: readonly string[]): Problem {
  const shown = JSON.stringify(name.slice(0, 80));
  const detail = names.length === 0
    ? `This takes no parameters in its address: ${shown} would be ignored`
    : `There is no parameter ${shown} here, but ${names.join(", ")}${didYouMean(name, names)}`;
  return new Problem(400, detail, { errors: [{ field: `query.${name.slice(0, 80)}`, detail }] });
}
