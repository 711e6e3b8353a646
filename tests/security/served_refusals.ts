/**
 * A real gateway behind a real socket, for tests of what it refuses.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { listen } from "@cugro/process";
import { type TestGateway, withGateway } from "../../services/gateway/testing/testing_gateway.ts";

/** Headers of a JSON body, and of a file. */
export const JSON_TYPE = { "content-type": "application/json" };
export const FILE = { "content-type": "application/octet-stream" };
const LIMITS = { jsonBytes: 2_000, uploadBytes: 20_000, bodyGraceMs: 300, bodyBytesPerSecond: 1_000 };

/** What somebody tries. */
export interface Attempt {
  status: number;
  method?: string;
  path: string;
  as?: keyof TestGateway["tokens"] | "";
  headers?: Record<string, string>;
  body?: BodyInit;
}

/** What a test works with. */
export interface Served extends TestGateway {
  port: number;
  /** Makes attempts one after the other; each must be refused as it says, be logged, and change nothing. */
  refuse(attempts: Attempt[]): Promise<void>;
}

/** Serves two learners, `mine` and `team-x`. */
export async function serving(test: (served: Served) => Promise<void>): Promise<void> {
  await withGateway(async (gateway) => {
    for (const name of ["mine", "team-x"]) {
      await gateway.ask("POST", "/v1/learners", { body: { name, preset: "smoke" } });
    }
    const server = await listen({ host: "127.0.0.1", port: 0, fetch: gateway.fetch });
    try {
      await test({
        ...gateway,
        port: server.port,
        refuse: (attempts) => refuse(gateway, server.port, attempts),
      });
    } finally {
      await server.close(200);
    }
  }, { limits: LIMITS });
}

async function refuse({ store, lines, hints, tokens }: TestGateway, port: number, attempts: Attempt[]) {
  const before = await store.list("");
  const hintsBefore = hints.length;
  for (const { status, method = "GET", path, as = "admin", headers = {}, body } of attempts) {
    const what = `${method} ${path.slice(0, 100)} as ${as || "nobody"}`;
    const linesBefore = lines.length;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { ...(as === "" ? {} : { authorization: `Bearer ${tokens[as]}` }), ...headers },
      ...(body === undefined ? {} : { body, duplex: "half" }),
    } as RequestInit);
    const text = await response.text();
    assertEquals(response.status, status, `${what}: ${text.slice(0, 300)}`);
    if (method !== "HEAD") {
      assertEquals(response.headers.get("content-type"), "application/problem+json", what);
      assertEquals(JSON.parse(text).status, status);
    }
    assert(!/\.ts:\d|\/services\/|node_modules/.test(text), `${what} tells of our inside: ${text}`);
    const line = lines.slice(linesBefore).find((each) =>
      each.requestId === response.headers.get("x-request-id")
    );
    assertEquals([line?.status, line?.method], [status, method], `${what} is in the log`);
    for (const secret of Object.values(tokens)) {
      assert(!JSON.stringify(line).includes(secret), "no secret is");
    }
  }
  assertEquals(await store.list(""), before, "the store is as it was");
  assertEquals(hints.length, hintsBefore, "no hint was sent");
}
