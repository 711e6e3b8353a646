/**
 * What is right and wrong with a file.
 * @module
 */
import type { Validation } from "@cugro/client";
import { Notices } from "../parts/notices.tsx";
import { briefly } from "@cugro/report/words";

export function Judgement({ validation }: { validation: Validation }) {
  const { ok, error, notices, becomes } = validation;
  if (!ok) {
    return (
      <p class="fault user-text" role="alert">It would be refused: {error?.message ?? "nothing says why"}</p>
    );
  }
  return (
    <div class="judgement" role="status">
      <p>
        <b>The file is valid.</b> {figuresOf(validation)}
      </p>
      {becomes !== null && <p>{becomes}</p>}
      {notices.length === 0 ? <p>Nothing about it is implausible.</p> : (
        <>
          <p>
            {notices.length === 1 ? "One thing is" : `${notices.length} things are`} legal and implausible:
          </p>
          <Notices notices={notices} />
        </>
      )}
    </div>
  );
}

function figuresOf({ size, episodes, stateDim, actions, episodeReturn, environment }: Validation): string {
  const parts = [`${size?.toLocaleString("en")} transitions in ${episodes?.toLocaleString("en")} episodes`];
  if (stateDim !== undefined) parts.push(`states of ${stateDim} numbers`);
  if (actions && "continuous" in actions) parts.push(`actions of ${actions.continuous}`);
  if (actions && "discrete" in actions) parts.push(`${actions.discrete} discrete actions`);
  if (episodeReturn) {
    parts.push(`returns from ${briefly(episodeReturn.min)} to ${briefly(episodeReturn.max)}`);
  }
  const where = environment
    ? ` It is run in ${environment}.`
    : " No simulator here can run it: it is learnt without true returns.";
  return `${parts.join(", ")}.${where}`;
}
