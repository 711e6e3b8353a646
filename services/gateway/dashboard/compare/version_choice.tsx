/**
 * One side of a comparison: which learner, and which of its versions.
 * @module
 */
import { versionsOf } from "../state/version_history.ts";
import { choose } from "../state/route.ts";
import { type Chosen, type KnownSide, names } from "./sides.ts";

/** Which of the two. */
export type SideName = "left" | "right";

export function SideChoice(
  { side, chosen, known }: { side: SideName; chosen: Chosen | undefined; known: KnownSide | undefined },
) {
  const all = names.value ?? [];
  const learners = chosen && !all.includes(chosen.name) ? [chosen.name, ...all] : all;
  const isKnown = known !== undefined && known.learner.name === chosen?.name;
  return (
    <fieldset class={`side ${side}`}>
      <legend>{side}</legend>
      <label class="field">
        <span>Learner</span>
        <select
          value={chosen?.name ?? ""}
          onChange={(event) =>
            choose({ [side]: event.currentTarget.value || undefined, [`${side}Version`]: undefined })}
        >
          <option value="">choose one</option>
          {learners.map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      <label class="field">
        <span>Version</span>
        <select
          value={chosen?.version === undefined ? "" : String(chosen.version)}
          disabled={!isKnown}
          onChange={(event) => choose({ [`${side}Version`]: event.currentTarget.value || undefined })}
        >
          <option value="">the one that serves</option>
          {isKnown &&
            [...versionsOf(known.history)].reverse().map(({ version, task, state }) => (
              <option key={version} value={String(version)}>version {version} (task {task}, {state})</option>
            ))}
        </select>
      </label>
    </fieldset>
  );
}
