/**
 * What one figure asks by itself, when it is looked at.
 * @module
 */
import { useEffect, useState } from "preact/hooks";
import { sentenceOf } from "./page_session.ts";

/** What was answered last, or why nothing was. */
export interface Answered<T> {
  answer: T | undefined;
  fault: string | undefined;
}

/** Asks at first, and again whenever one of these is another; until then it is what was answered before. */
export function useAnswer<T>(ask: () => Promise<T>, on: readonly unknown[]): Answered<T> {
  const [state, setState] = useState<Answered<T>>({ answer: undefined, fault: undefined });
  useEffect(() => {
    let isOver = false;
    ask().then(
      (answer) => isOver || setState({ answer, fault: undefined }),
      (error) => isOver || setState((before) => ({ ...before, fault: sentenceOf(error) })),
    );
    return () => void (isOver = true);
  }, on);
  return state;
}
