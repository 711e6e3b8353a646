/**
 * What documents point at: links and their anchors, and the files whose names they quote. Pure, but for the text of
 * the files that links with an anchor lead to.
 * @module
 */
import { posix } from "node:path";

/** The files of the repository, by their paths from its root. */
export interface Files {
  files: ReadonlySet<string>;
  folders: ReadonlySet<string>;
  /** File names, and every ending of a path that begins with a folder's name. */
  endings: ReadonlySet<string>;
}

/** A link, an anchor or a file name that leads nowhere. */
export interface DeadPlace {
  line: number;
  text: string;
  why: string;
}

const LINK = /\[(?:[^\][]|\[[^\]]*\])*\]\(([^()\s]+(?:\([^()]*\))?)(?:\s+"[^"]*")?\)/g;
const QUOTED = /`([^`\n]+)`/g;
/** Names that are quoted as files of this repository; data files of users have other endings. */
const SOURCE_NAME = /^(?:\.{0,2}\/)?(?:[\w@.-]+\/)*[\w.-]+\.(?:tsx?|md|py|sh|cc|cpp|css|svg)$/;
/** With a single name it would be a prefix of keys as well. */
const FOLDER_NAME = /^(?:\.{1,2}\/)?(?:[\w.-]+\/){2,}$/;

/**
 * Indexes the files of the repository.
 * @param paths from the root, as git lists them
 */
export function indexFiles(paths: readonly string[]): Files {
  const folders = new Set<string>();
  const endings = new Set<string>();
  for (const path of paths) {
    const parts = path.split("/");
    parts.forEach((_, at) => {
      endings.add(parts.slice(at).join("/"));
      folders.add(parts.slice(0, at).join("/"));
    });
  }
  return { files: new Set(paths), folders, endings };
}

/** The anchor that GitHub gives a heading: `## What it *is*, in short` -> `what-it-is-in-short`. */
export function anchorOf(heading: string): string {
  return heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[*`]/g, "").trim().toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}

/** All anchors of a document: of its headings, numbered where one comes again, and of `<a id>`. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const counts = new Map<string, number>();
  for (const [, heading] of withoutFences(text).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const anchor = anchorOf(heading!);
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`);
  }
  for (const [, id] of text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) anchors.add(id!);
  return anchors;
}

/** Fenced code becomes empty lines: what stands there is no link and no heading. */
function withoutFences(text: string): string {
  return text.replace(/^(```|~~~)[\s\S]*?^\1/gm, (fence) => fence.replace(/[^\n]/g, ""));
}

/**
 * Links of a document whose file, folder or anchor does not exist, and quoted names of sources that no file has.
 * @param path the document's, from the root
 * @param read text of a document by its path from the root
 */
export function deadPlaces(
  path: string,
  text: string,
  index: Files,
  read: (path: string) => string,
): DeadPlace[] {
  const plain = withoutFences(text);
  const lineOf = (at: number) => plain.slice(0, at).split("\n").length;
  const links = [...plain.matchAll(LINK)].flatMap((found) => {
    const why = faultOfLink(path, found[1]!, index, read);
    return why ? [{ line: lineOf(found.index), text: found[1]!, why }] : [];
  });
  const names = [...plain.matchAll(QUOTED)].filter(([, name]) => !isThere(path, name!, index))
    .map((found) => ({ line: lineOf(found.index), text: found[1]!, why: "no file has this name" }));
  return [...links, ...names];
}

function faultOfLink(
  path: string,
  link: string,
  index: Files,
  read: (path: string) => string,
): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return undefined;
  const [file = "", anchor] = link.split("#");
  const target = file === ""
    ? path
    : posix.normalize(posix.join(posix.dirname(path), file)).replace(/\/$/, "");
  const isFolder = target === "." || index.folders.has(target);
  if (!index.files.has(target) && !isFolder) return "no such file";
  if (anchor === undefined) return undefined;
  const document = isFolder ? posix.join(target, "README.md") : target;
  if (!index.files.has(document) || !document.endsWith(".md")) return "an anchor, but no document";
  return anchorsOf(read(document)).has(anchor) ? undefined : "no heading gives this anchor";
}

/** Whether a quoted text is no name of a source, or one that exists: from here, from the root, or somewhere. */
export function isThere(path: string, quoted: string, { files, folders, endings }: Files): boolean {
  const from = (name: string) => posix.normalize(posix.join(posix.dirname(path), name));
  if (SOURCE_NAME.test(quoted)) {
    const name = posix.normalize(quoted);
    return files.has(from(quoted)) || endings.has(name.replace(/^(?:\.\.\/)+/, ""));
  }
  if (!FOLDER_NAME.test(quoted)) return true;
  const name = quoted.slice(0, -1);
  return folders.has(from(name)) || [...folders].some((folder) => `/${folder}`.endsWith(`/${name}`));
}
