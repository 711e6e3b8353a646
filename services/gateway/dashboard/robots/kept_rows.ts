/**
 * Whether the rows of a task's dataset still exist, so that its episodes can be shown.
 * @module
 */
import { useEffect, useState } from "preact/hooks";
import { client } from "../state/page_session.ts";

/** Undefined while it is being asked, or where the answer failed. */
export type KeptRows = "kept" | "gone" | undefined;

/** Asked once for each task that is looked at. */
export function useKeptRows(learner: string, task: number): KeptRows {
  const [state, setState] = useState<{ of: string; kept: KeptRows }>();
  const of = `${learner}/${task}`;
  useEffect(() => {
    let isOver = false;
    client.value.tasks.memory(learner, task).then(
      ({ dataset }) => isOver || setState({ of, kept: dataset.kept ? "kept" : "gone" }),
      // The picture that asks for an episode reports the error.
      () => {},
    );
    return () => void (isOver = true);
  }, [of]);
  return state?.of === of ? state.kept : undefined;
}
