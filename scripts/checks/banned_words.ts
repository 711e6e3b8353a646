/**
 * Words and phrases that this repository does without, each with what to write in its place. Every one of them was
 * found here, dozens of times: literal translations, and metaphors where the field has a word. Pure.
 * @module
 */

/** A phrase to avoid: a regular expression in which a space also matches a line break inside a comment. */
export interface BannedPhrase {
  pattern: string;
  instead: string;
}

/** A phrase found in a text. */
export interface BannedUse {
  line: number;
  text: string;
  instead: string;
}

/** Phrases of comments, strings and documents. */
export const BANNED_PHRASES: readonly BannedPhrase[] = [
  { pattern: "whoever", instead: "the caller, the process that, anyone who, or the role's name" },
  { pattern: "so many(?! that)", instead: "the count itself: this many, N, capacity" },
  { pattern: "(?<!const )told of", instead: "notified of, reported to, given" },
  { pattern: "what is to(?: be)? (?!the\\b)\\w+", instead: "what must, what should, what remains to" },
  { pattern: "anew", instead: "again, from the start" },
  { pattern: "at hand", instead: "current, available, in memory" },
  { pattern: "for ever", instead: "forever, without end" },
  { pattern: "nobody hears", instead: "dropped, ignored" },
  { pattern: "hears? of|heard of", instead: "learns of, is notified of" },
  { pattern: "c[ao]mes? to nothing", instead: "failed, has no effect" },
  { pattern: "of no importance", instead: "does not matter" },
  { pattern: "lest", instead: "so that ... not" },
  { pattern: "must see to", instead: "has to deal with" },
  { pattern: "\\w*household\\w*", instead: "supervisor" },
  { pattern: "\\w*shelf(?!-place)\\w*", instead: "pool" },
  {
    pattern: "(?<!everything is |all is )(?:is|are|was|were|be) said",
    instead: "is reported, printed, logged; a notice says",
  },
  { pattern: "cannot be told(?! apart)", instead: "cannot be determined, is unknown" },
  { pattern: "that (?:is|are) none", instead: "invalid, not finite, not one of" },
  { pattern: "without a word", instead: "silently" },
  { pattern: "beside each other", instead: "side by side" },
  { pattern: "what (?:comes?|came|becomes?) of it", instead: "the result, the outcome" },
  { pattern: "(?:must|may|can) not come of it", instead: "there must be no" },
  { pattern: "what it is asked(?! for)", instead: "the request, what it must do" },
  { pattern: "such of (?:them|these|those)", instead: "those that" },
  { pattern: "of which nothing is \\w+", instead: "without" },
  {
    pattern: "nobody (?:waits for|asks for|looks for|needs|wants)",
    instead: "is not awaited, wanted, needed",
  },
  {
    pattern: "(?:const|let|function) (?:told|untold|said|say|tell|hear|heard|bell|keeper|asks)",
    instead: "report, notify, log, send, received: what the value is",
  },
  {
    pattern:
      "\\b(?:told|untold|say|tell|hear|heard|bell|keeper|asks)\\??: (?:\\(|string|readonly|boolean|number|unknown|Map)",
    instead: "onX, report, notify, log for a callback; what the value is",
  },
  {
    pattern: "#(?:told|untold|said|say|tell|hear|heard)\\b",
    instead: "#report, #notify, #send, #received: what it does or holds",
  },
  { pattern: "\\/\\*\\* See the module\\.", instead: "what it is, in a sentence" },
  { pattern: "\\/\\*\\* See \\{@link [^}]*\\}\\. \\*\\/", instead: "what it is, in a sentence" },
  {
    pattern: "\\/\\*\\* What \\{@link [^}]*\\} needs\\. \\*\\/",
    instead: "what the fields are, in a sentence",
  },
];

const BREAK = String.raw`(?:[ \t]|\r?\n[ \t]*(?:\*(?!\/)|\/\/|#|>)?[ \t]*)+`;

function expressionOf(pattern: string): RegExp {
  const edges = /^\w|^\(/.test(pattern) ? [String.raw`(?<![\w.])`, String.raw`(?!\w)`] : ["", ""];
  return new RegExp(`${edges[0]}(?:${pattern.replaceAll(" ", BREAK)})${edges[1]}`, "gi");
}

const EXPRESSIONS = BANNED_PHRASES.map(({ pattern, instead }) => ({
  expression: expressionOf(pattern),
  instead,
}));

/**
 * The banned phrases in a text, in the order of the list.
 * @param text a source file or a document, whole: a phrase is also found where a line break parts it
 * @returns line (1-based), the words as they stand, and what to write in their place
 */
export function bannedPhrases(text: string): BannedUse[] {
  return EXPRESSIONS.flatMap(({ expression, instead }) =>
    [...text.matchAll(expression)].map((found) => ({
      line: text.slice(0, found.index).split("\n").length,
      text: found[0].replace(/\s*\n\s*(?:\*|\/\/|#|>)?\s*/g, " "),
      instead,
    }))
  );
}
