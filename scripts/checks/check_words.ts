/**
 * Words and places: no banned word in comments, strings and documents; links, anchors and quoted file names of
 * documents exist, and so do files that comments name. Part of `deno task ok`.
 * @module
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bannedPhrases } from "./banned_words.ts";
import { deadPlaces, type Files, indexFiles, isThere } from "./readme_places.ts";

const ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const READ = /\.(?:tsx?|jsx?|mjs|py|sh|cc|cpp|h|css|html|md|ya?ml)$/;

/** Files or folders that the words are not looked for in, and why. */
const EXCEPT: Readonly<Record<string, string>> = {
  "scripts/checks/banned_words.ts": "the list itself",
  "scripts/checks/banned_words_test.ts": "its test",
  "CHANGELOG.md": "what was released, in the words of that day",
  "shared/environments/models/": "robots of other people, as they published them",
};

/** Names that documents quote and the repository does not hold, and why. */
const OUTSIDE: Readonly<Record<string, string>> = {
  "MODEL_CARD.md": "written by an export",
  "shared/store/x.ts": "an example of any file of a room",
};

function listFiles(): string[] {
  return execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" })
    .split("\n").filter((file) => file.length > 0);
}

function wordFaults(path: string, text: string): string[] {
  if (Object.keys(EXCEPT).some((one) => path.startsWith(one))) return [];
  return bannedPhrases(text).map(({ line, text, instead }) => `${path}:${line} "${text}": say ${instead}`);
}

function placeFaults(path: string, text: string, index: Files, read: (path: string) => string): string[] {
  return deadPlaces(path, text, index, read).filter(({ text }) => !Object.hasOwn(OUTSIDE, text))
    .map(({ line, text, why }) => `${path}:${line} ${text}: ${why}`);
}

/** Files that comments of a source name and nothing has. */
function commentFaults(path: string, text: string, index: Files): string[] {
  const comments = text.matchAll(/\/\*[\s\S]*?\*\/|^\s*(?:\/\/|#).*$/gm);
  return [...comments].flatMap((comment) =>
    [...comment[0].matchAll(/`([^`\n]+)`/g)]
      .filter(([, name]) => !isThere(path, name!, index) && !Object.hasOwn(OUTSIDE, name!))
      .map((found) => {
        const line = text.slice(0, comment.index + found.index).split("\n").length;
        return `${path}:${line} ${found[1]}: no file has this name`;
      })
  );
}

if (import.meta.main) {
  const paths = listFiles();
  const index = indexFiles(paths);
  const texts = new Map(
    paths.filter((path) => READ.test(path)).map((path) => [path, readFileSync(resolve(ROOT, path), "utf8")]),
  );
  const faults = [...texts].flatMap(([path, text]) => [
    ...wordFaults(path, text),
    ...path.endsWith(".md")
      ? placeFaults(path, text, index, (other) => texts.get(other) ?? "")
      : commentFaults(path, text, index),
  ]);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) Deno.exit(1);
  console.log(`words: ${texts.size} files keep to plain words, and what they point at exists`);
}
