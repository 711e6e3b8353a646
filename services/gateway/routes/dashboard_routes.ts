/**
 * The dashboard's page and its files, as the set-up has built them. They are the same for everybody and tell nothing: what the
 * page shows it asks for with a token.
 * @module
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Context } from "hono";
import type { Gateway, GatewayEnv } from "../gateway.ts";
import { packingFor } from "../packing.ts";
import { inPieces } from "../answer_stream.ts";

/** Made by `scripts/setup/dashboard.ts`. */
const BUILT = new URL("../../../node_modules/.cugro-dashboard/", import.meta.url);

/**
 * Scripts and styles come from here alone, and none stands in the page. Of MuJoCo's WebAssembly the page needs the right to
 * compile it; nothing that is a text ever becomes code or markup.
 */
export const DASHBOARD_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

interface Built {
  /** Name in the address to its type. */
  files: Record<string, string>;
  script: string;
  style: string;
}

const ICON = "data:image/svg+xml," + encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f5fa8"/>` +
    `<path d="M6 22l6-9 5 6 9-11" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>`,
);

const pageOf = ({ script, style }: Built) =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<title>CuGRO</title><link rel="icon" href="${ICON}"><link rel="stylesheet" href="/dashboard/${style}">
</head><body><noscript>This page needs JavaScript; the API's description is at <a href="/docs">/docs</a>.</noscript>
<div id="dashboard"></div><script type="module" src="/dashboard/${script}"></script></body></html>
`;
const NOT_BUILT = "The dashboard is not built. Run: deno task setup\n";

/**
 * Adds `/` and `/dashboard/...`.
 *
 * @param folder where the files lie
 */
export function registerDashboard(app: Gateway, folder: URL = BUILT): void {
  app.get("/", async (context) => {
    const built = await readBuilt(folder);
    if (!built) return context.text(NOT_BUILT, 503);
    context.header("content-security-policy", DASHBOARD_POLICY);
    context.header("cache-control", "no-cache");
    return context.html(pageOf(built));
  });
  app.get("/dashboard/:file", async (context) => {
    const name = context.req.param("file");
    const type = (await readBuilt(folder))?.files[name];
    if (type === undefined) return context.notFound();
    const { bytes, encoding } = await packedFor(context, folder, name);
    return context.body(inPieces(bytes), 200, {
      "content-type": type,
      // Its name says what is in it.
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
      ...encoding === undefined ? {} : { "content-encoding": encoding },
    });
  });
}

async function readBuilt(folder: URL): Promise<Built | undefined> {
  try {
    return JSON.parse(await readFile(new URL("built.json", folder), "utf8"));
  } catch {
    return undefined;
  }
}

const ENDINGS = { br: ".br", gzip: ".gz" } as const;

async function packedFor(context: Context<GatewayEnv>, folder: URL, name: string) {
  const encoding = packingFor(context.req.header("accept-encoding"));
  const path = fileURLToPath(new URL(name + (encoding ? ENDINGS[encoding] : ""), folder));
  return { bytes: new Uint8Array(await readFile(path)), encoding };
}
