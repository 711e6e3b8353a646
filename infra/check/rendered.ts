/**
 * Rendered files against those that lie there, and writing them.
 * @module
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { RENDERED_FOLDERS, renderedFiles } from "../render/files.ts";
import { filesBelow, INFRA } from "./documents.ts";

/** Rendered files that are out of date. */
export function checkRendered(): string[] {
  const files = renderedFiles();
  const stale = Object.entries(files).filter(([path, text]) => {
    const place = join(INFRA, path);
    return !existsSync(place) || readFileSync(place, "utf8") !== text;
  });
  return [...stale.map(([path]) => path), ...leftOver(files)].map((path) =>
    `infra/${path} is out of date: run \`deno task infra --write\``
  );
}

/** Writes what is rendered, and removes what no longer is. */
export function writeRendered(): void {
  const files = renderedFiles();
  for (const path of leftOver(files)) rmSync(join(INFRA, path));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(INFRA, path)), { recursive: true });
    writeFileSync(join(INFRA, path), text);
  }
}

/** Files of rendered folders that are rendered no longer, as those of a service that is gone. */
function leftOver(files: Record<string, string>): string[] {
  return RENDERED_FOLDERS.flatMap((folder) => filesBelow(folder, "")).filter((path) =>
    !Object.hasOwn(files, path)
  );
}
