/** Operations of the API are named as the methods that call them, so that generated clients read as this one does. */
import { encodeTensors } from "@cugro/protocol";
import { assertEquals, assertMatch } from "@std/assert";
import { withLiveGateway } from "../../services/gateway/testing/listening_gateway.ts";
import { createClient, type GatewayClient } from "./mod.ts";

type Operations = Map<string, string>;

/** Every operation by method and path, of a gateway that has all routes. */
async function operationsOf(url: string): Promise<Operations> {
  const { paths } = await (await fetch(`${url}/openapi.json`)).json() as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  return new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) =>
        [`${method.toUpperCase()} ${path}`, operationId] as const
      )
    ),
  );
}

/** Groups of methods, and what each is about. */
const NOUNS = {
  ...{ learners: "learner", tasks: "task", jobs: "job", versions: "version", webhooks: "webhook" },
  problems: "problem",
} as const;
/** Methods that are named by what they give: `taskArrival`, where others are `retryTask`. */
const GIVEN = [
  ...["arrival", "curves", "bundle", "deliveries", "evaluations"],
  ...["memory", "pseudoRows", "rows", "policy"],
];
const capital = (word: string) => word[0]!.toUpperCase() + word.slice(1);

function operationName(group: keyof typeof NOUNS, method: string): string {
  if (method === "list") return `list${capital(group)}`;
  return GIVEN.includes(method) ? NOUNS[group] + capital(method) : method + capital(NOUNS[group]);
}

/** What a call of each method asks for, and its operation's name. */
async function calls(client: GatewayClient, asked: () => string[]): Promise<[string, string][]> {
  const file = { fileName: "a.csv", body: new Uint8Array(1) };
  const path = await Deno.makeTempFile();
  // What differs from (name or id, then a number).
  const others: Record<string, unknown[]> = {
    ...{ create: [{ name: "a", url: "http://b/" }], upload: ["a", file], validate: ["a", file] },
    ...{
      uploadFile: ["a", path],
      adopt: ["a", "incoming/a/b"],
      act: ["a", { task: 1, observations: [[0]] }],
    },
    ...{ "problems.list": [], "learners.list": [], "webhooks.list": [], token: [] },
    ...{ configure: ["a", { overrides: {} }], relabel: ["a", 1, { set: {} }], change: ["a", {}] },
    ...{
      deliveries: ["a", {}],
      "jobs.list": ["a", {}],
      table: ["a", "losses", "csv"],
      evaluate: ["a", 1, {}],
    },
  };
  const found: [string, string][] = [];
  const call = async (name: string, method: string, run: unknown, expected: string) => {
    await (run as (...args: unknown[]) => Promise<unknown>)(...others[name] ?? others[method] ?? ["a", 1]);
    found.push([asked().at(-1)!, expected]);
  };
  for (const [group, methods] of Object.entries(client)) {
    if (group === "events" || group === "actOverWebSocket") continue;
    // The same as a file.
    if (group === "table") await call(group, group, methods, "losses");
    else if (typeof methods === "function") await call(group, group, methods, group);
    else {
      for (const [method, run] of Object.entries(methods as Record<string, unknown>)) {
        // Three ways to hand a file over.
        const named = ["uploadFile", "adopt"].includes(method) ? "upload" : method;
        await call(`${group}.${method}`, method, run, operationName(group as keyof typeof NOUNS, named));
      }
    }
  }
  await Deno.remove(path);
  await client.events().next();
  found.push([asked().at(-1)!, "events"]);
  await client.events("a").next();
  found.push([asked().at(-1)!, "learnerEvents"]);
  return found;
}

Deno.test("every operation has a name of its own: that of the client's method, where there is one", () =>
  withLiveGateway({}, async ({ url }) => {
    const operations = await operationsOf(url);
    for (const name of operations.values()) assertMatch(name, /^[a-z][a-zA-Z]*$/);
    assertEquals(new Set(operations.values()).size, operations.size);
    const asked: string[] = [];
    const answer = {
      jobs: [],
      total: 0,
      learners: [],
      versions: [],
      webhooks: [],
      problems: [],
      deliveries: [],
    };
    const client = createClient({
      url: "http://gateway",
      token: "none",
      fetch: async (input, init) => {
        const body = init!.body;
        if (body instanceof ReadableStream) { for await (const _ of body); }
        asked.push(`${init!.method} ${new URL(String(input)).pathname}`);
        const isStream = String(input).includes("/events");
        if (String(input).endsWith("/policy")) return new Response(new Uint8Array(encodeTensors({})));
        return isStream ? new Response("event: gap\ndata: {}\n\n") : new Response(JSON.stringify(answer));
      },
    });
    const expected = await calls(client, () => asked);
    const templates = [...operations].map(([template, name]) =>
      [new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`), name] as const
    );
    const found = expected.map(([request]) => [
      request,
      templates.find(([template]) => template.test(request))?.[1],
    ]);
    assertEquals(found, expected);
    const methods = new Set(expected.map(([, name]) => name));
    const others = [...operations.values()].filter((name) => !methods.has(name));
    assertEquals(others, ["notify", "actOverWebSocket"], "operations without a method of that kind");
  }));
