/**
 * Opens a page in the user's browser, if there is one.
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";

/** A browser has read the file by then (ms). */
const READ_MS = 30_000;

/** The program that opens a file in the browser here; undefined without a screen. */
export function opener(
  { platform = process.platform as string, environment = process.env }: {
    platform?: string;
    environment?: Record<string, string | undefined>;
  } = {},
): readonly string[] | undefined {
  if (environment.SSH_CONNECTION) return undefined;
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  const hasScreen = environment.DISPLAY || environment.WAYLAND_DISPLAY;
  const folders = (environment.PATH ?? "").split(delimiter).filter(Boolean);
  return hasScreen && folders.some((folder) => existsSync(join(folder, "xdg-open")))
    ? ["xdg-open"]
    : undefined;
}

/**
 * Opens an address. It has a token in it, and arguments of programs can be read by everybody on a machine: the browser is given a
 * file that only this user reads, and that leads there.
 *
 * @param address with a token in it
 * @param how the program that opens a file
 * @returns whether there is a browser
 */
export async function openBrowser(address: string, how = opener()): Promise<boolean> {
  const [program, ...args] = how ?? [];
  if (program === undefined) return false;
  const folder = await mkdtemp(join(tmpdir(), "cugro-page-"));
  const file = join(folder, "page.html");
  await writeFile(file, leadingTo(address), { mode: 0o600 });
  const child = spawn(program, [...args, file], { stdio: "ignore", detached: true });
  const isStarted = await new Promise<boolean>((resolve) => {
    child.once("spawn", () => resolve(true));
    child.once("error", () => resolve(false));
  });
  child.unref();
  const remove = () => void rm(folder, { recursive: true, force: true });
  if (isStarted) setTimeout(remove, READ_MS).unref();
  else remove();
  return isStarted;
}

function leadingTo(address: string): string {
  const quoted = address.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  return `<!doctype html><meta charset="utf-8"><title>CuGRO</title><meta http-equiv="refresh" content="0;url=${quoted}">` +
    `<a href="${quoted}">CuGRO</a>\n`;
}
