/**
 * A figure's own request, made when the figure is shown.
 * @module
 */
import { useEffect, useState } from "preact/hooks";
import { sentenceOf } from "./page_session.ts";

/** The last answer, or why there is none. */
export interface Answered<T> {
  answer: T | undefined;
  fault: string | undefined;
}

/** Asks at first, and again whenever a dependency changes; meanwhile the previous answer is kept. */
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
