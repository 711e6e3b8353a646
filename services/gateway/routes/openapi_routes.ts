/**
 * The API's description, and a page to read and try it. The page's scripts are served from here: it needs no network.
 * @module
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { version } from "@cugro/telemetry";
import type { Gateway } from "../gateway.ts";
import { inPieces } from "../answer_stream.ts";

const TYPES: Record<string, string> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
};
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>CuGRO API</title><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="page"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
`;
const START =
  `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#page", validatorUrl: null, deepLinking: true });\n`;

const ABOUT = {
  openapi: "3.1.0",
  info: {
    title: "CuGRO gateway",
    // The software's: the paths begin with the version of the API itself, /v1.
    version,
    description: "Policies that keep learning: datasets in; status, events, versions and actions out.",
  },
};

/** Adds `/openapi.json` and `/docs`. */
export function registerOpenapi(app: Gateway): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "A token with the scope read, submit or admin, each including the ones before it",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "notification", {
    type: "http",
    scheme: "bearer",
    description: "The secret of S3 notifications",
  });
  let document: string | undefined;
  app.get("/openapi.json", (context) => {
    // All routes are there by the first request, and making it takes a while.
    document ??= JSON.stringify(app.getOpenAPI31Document(ABOUT));
    return context.body(document, 200, { "content-type": "application/json" });
  });
  app.get("/docs", (context) => {
    context.header("content-security-policy", POLICY);
    return context.html(PAGE);
  });
  app.get(
    "/docs/start.js",
    (context) => context.body(START, 200, { "content-type": TYPES["swagger-ui-bundle.js"]! }),
  );
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  for (const [file, type] of Object.entries(TYPES)) {
    let bytes: Promise<Uint8Array<ArrayBuffer>> | undefined;
    app.get(`/docs/${file}`, async (context) => {
      bytes ??= readFile(join(folder, file)).then((read) => new Uint8Array(read));
      const headers = { "content-type": type, "cache-control": "public, max-age=86400" };
      return context.body(inPieces(await bytes), 200, headers);
    });
  }
}
