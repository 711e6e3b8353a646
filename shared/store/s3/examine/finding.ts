/**
 * What the examination of a store finds.
 * @module
 */

/** One thing that was tried. */
export interface Finding {
  /** What was tried, in a few words. */
  check: string;
  /** `note`: it works, and somebody should know; `untried`: what it needs did not work. */
  state: "ok" | "fault" | "note" | "untried";
  /** What was seen. */
  detail: string;
  /** What it means for CuGRO, unless all is well. */
  meaning?: string;
  /** What to do, unless all is well. */
  advice?: string;
}

/** One thing to try. It returns what it saw, or throws {@link Unfit}; any other error is a fault, too. */
export interface Check {
  name: string;
  /** What a fault means for CuGRO. */
  meaning: string;
  /** What to do about a fault. */
  advice: string;
  run(): Promise<string>;
}

/** Something does not work, or (`isNote`) works and should be known. */
export class Unfit extends Error {
  override name = "Unfit";
  constructor(message: string, readonly isNote = false) {
    super(message);
  }
}

/**
 * Tries one thing.
 *
 * @param check what is tried, and what it means if it fails
 * @returns with `detail`, and where it failed meaning and advice; it never throws
 */
export async function tryOut({ name, meaning, advice, run }: Check): Promise<Finding> {
  try {
    return { check: name, state: "ok", detail: await run() };
  } catch (error) {
    const state = error instanceof Unfit && error.isNote ? "note" : "fault";
    return {
      check: name,
      state,
      detail: error instanceof Error ? error.message : String(error),
      meaning,
      advice,
    };
  }
}
