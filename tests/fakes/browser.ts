/**
 * Chromium, where this machine has one; and our sources as it loads them.
 * @module
 */
import { type Browser, chromium } from "playwright-core";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { findBrowser } from "../../scripts/setup/chromium.ts";

/** Its program; undefined where there is none. */
export const browserPath: string | undefined = findBrowser();

/** Runs a test with a browser. */
export async function withBrowser(test: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({ executablePath: browserPath!, args: ["--no-sandbox"] });
  try {
    await test(browser);
  } finally {
    await browser.close();
  }
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Serves an empty page at `/`, whose modules may import these packages, and the files of `shared`, each as JavaScript by
 * itself: what one of them imports that a browser has not got is not there.
 *
 * @param packages by name, the file in `shared` that it is
 */
export async function withPage(
  packages: Readonly<Record<string, string>>,
  test: (port: number) => Promise<void>,
): Promise<void> {
  const imports = Object.fromEntries(
    Object.entries(packages).map(([name, file]) => [name, `/shared/${file}`]),
  );
  const page = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>`;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async ({ url }) => {
    const { pathname } = new URL(url);
    if (pathname === "/") return new Response(page, { headers: { "content-type": "text/html" } });
    if (!/^\/shared\/[\w/]+\.ts$/.test(pathname)) return new Response(null, { status: 404 });
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ESNext };
    const { outputText } = ts.transpileModule(await readFile(ROOT + pathname, "utf8"), { compilerOptions });
    return new Response(outputText, { headers: { "content-type": "text/javascript" } });
  });
  try {
    await test(server.addr.port);
  } finally {
    await server.shutdown();
  }
}
