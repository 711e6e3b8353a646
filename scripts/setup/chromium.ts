/**
 * The browser of this machine, for tests and experiments in pages.
 * @module
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Path of a Chromium; undefined where there is none. */
export function findBrowser(): string | undefined {
  return (process.env.PATH ?? "").split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name))).find((path) => existsSync(path));
}
