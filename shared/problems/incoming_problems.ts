/**
 * What lies in `incoming/` and nobody takes: names that cannot be keys, files for learners that are not there, files for
 * nobody. Pure.
 * @module
 */
import {
  createProblem,
  LEARNER_NAME,
  looksUnfinished,
  parseKey,
  PREFIXES,
  type Problem,
  recipientOfKey,
} from "@cugro/protocol";
import type { ObjectInfo, StrangeObject } from "@cugro/store";
import { isVisible } from "@cugro/learners";

/** How many files of a folder are named one by one; the others are counted. */
const NAMED = 50;
/** How many files one sentence names. */
const NAMED_TOGETHER = 3;
/** An upload without a write for this long is unfinished (ms). */
const UNFINISHED_MS = 60 * 60 * 1000;
/** Longest name that a sentence shows whole. */
const SHOWN_NAME = 200;

/** Files in `incoming/`. */
export interface Dropped {
  infos: readonly ObjectInfo[];
  strange: readonly StrangeObject[];
  /** Names of the learners there are. */
  learners: ReadonlySet<string>;
  /** ms since 1970. */
  now: number;
}

/**
 * The problems of what lies in `incoming/`: one for each place, at most.
 *
 * @param dropped objects below `incoming/`, names that are no keys, and the learners there are
 * @returns the most basic first: names, unfinished files, learners that do not exist, misplaced files
 */
export function incomingProblems({ infos, strange, learners, now }: Dropped): Problem[] {
  return [
    ...strangeNames(strange),
    ...unfinishedFiles(infos, now),
    ...strayFiles(infos, learners),
    ...misplacedFiles(infos),
  ];
}

/** Hidden, or named as tools name what they are still writing, for long: nobody takes them. Uploads are gc's business. */
function unfinishedFiles(infos: readonly ObjectInfo[], now: number): Problem[] {
  const old = infos.filter(({ key, lastModified }) =>
    looksUnfinished(key) && parseKey(key)?.kind !== "upload" && now - Date.parse(lastModified) > UNFINISHED_MS
  );
  return [...Map.groupBy(old, ({ key }) => recipientOfKey(key) ?? "")].map(([folder, files]) =>
    createProblem("file.unfinished", { folder }, {
      since: newest(files),
      subject: { learner: LEARNER_NAME.test(folder) ? folder : null, key: files[0]!.key },
      message: `${files.length === 1 ? "1 file looks" : `${files.length} files look`} unfinished and ${
        files.length === 1 ? "is" : "are"
      } not taken: ${namesOf(files)}.`,
      advice:
        "Names with a dot at their start, and those that end in .part, .tmp or .download, are for files that are " +
        "still being written: rename what is whole, remove the rest.",
    })
  );
}

/**
 * A name for a terminal, a log or a page: what could change how the text around it is shown is spelled out.
 *
 * @param name as it is in the store
 * @returns in quotation marks, cut to a length that can be read
 */
export function showName(name: string): string {
  const short = name.length > SHOWN_NAME ? `${name.slice(0, SHOWN_NAME)}…` : name;
  const spelled = (letter: string) => `\\u{${letter.codePointAt(0)!.toString(16)}}`;
  return `"${
    short.replace(/[\p{C}\p{Zl}\p{Zp}"\\]/gu, (letter) =>
      `"\\`.includes(letter) ? `\\${letter}` : spelled(letter))
  }"`;
}

/** Each by its name, up to a number in a folder. */
function strangeNames(strange: readonly StrangeObject[]): Problem[] {
  const folders = Map.groupBy(strange, ({ name }) => recipientOfKey(name) ?? "");
  return [...folders].flatMap(([folder, objects]) => {
    const learner = LEARNER_NAME.test(folder) ? folder : null;
    const named = objects.slice(0, NAMED).map(({ name, lastModified }) =>
      createProblem("file.name", { key: name }, {
        since: lastModified,
        subject: { learner, key: name },
        message: `The file ${showName(name)} cannot be taken because of its name.`,
        advice: "Rename it to letters, digits and . _ = -, or remove it.",
      })
    );
    const rest = objects.slice(NAMED);
    if (rest.length === 0) return named;
    return [
      ...named,
      createProblem("file.name", { folder, more: true }, {
        since: newest(rest),
        subject: { learner },
        message: `${rest.length} more files beside ${
          showName(rest[0]!.name)
        } cannot be taken because of their names.`,
        advice: "Rename them to letters, digits and . _ = -, or remove them.",
      }),
    ];
  });
}

/** All of one name together: what is missing is the learner. */
function strayFiles(infos: readonly ObjectInfo[], learners: ReadonlySet<string>): Problem[] {
  const strays = infos.flatMap((info) => {
    const name = recipientOfKey(info.key);
    return name !== undefined && !learners.has(name) && isVisible(info.key, `${PREFIXES.incoming}${name}/`)
      ? [{ name, info }]
      : [];
  });
  return [...Map.groupBy(strays, ({ name }) => name)].map(([name, found]) => {
    const files = found.map(({ info }) => info);
    const isName = LEARNER_NAME.test(name);
    return createProblem("file.learner", { name }, {
      since: newest(files),
      subject: { learner: isName ? name : null, key: files[0]!.key },
      message: `${count(files.length)} for the learner ${showName(name)}, and there is none: ${
        namesOf(files)
      }.`,
      advice: isName
        ? `Make it with: cugro learner create ${name}, or remove ${
          files.length === 1 ? "the file" : "the files"
        }.`
        : "No learner can have this name: move the files to another folder, or remove them.",
    });
  });
}

/** Directly under `incoming/`. */
function misplacedFiles(infos: readonly ObjectInfo[]): Problem[] {
  const files = infos.filter(({ key }) =>
    recipientOfKey(key) === undefined && isVisible(key, PREFIXES.incoming)
  );
  if (files.length === 0) return [];
  return [createProblem("file.place", {}, {
    since: newest(files),
    subject: { learner: null, key: files[0]!.key },
    message: `${count(files.length)} for no learner: ${namesOf(files)}.`,
    advice: files.length === 1
      ? "Move it to incoming/<learner>/, or remove it."
      : "Move them to incoming/<learner>/, or remove them.",
  })];
}

function count(files: number): string {
  return files === 1 ? "1 file waits" : `${files} files wait`;
}

function namesOf(files: readonly ObjectInfo[]): string {
  const named = files.slice(0, NAMED_TOGETHER).map(({ key }) => key).join(", ");
  return files.length > NAMED_TOGETHER ? `${named} and ${files.length - NAMED_TOGETHER} more` : named;
}

function newest(files: readonly { lastModified: string }[]): string {
  return files.reduce((latest, { lastModified }) => lastModified > latest ? lastModified : latest, "");
}
