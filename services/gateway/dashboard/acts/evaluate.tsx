/**
 * Running a version in the simulator again. Episodes are run where the store is, by a command: a gateway runs none.
 * @module
 */
import { CopyLine } from "../parts/copy.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { quoted } from "../state/command_lines.ts";
import { closeDialog } from "./open_act.ts";

export function Evaluate({ learner, version }: { learner: string; version: number }) {
  const words = `deno task cugro evaluate --learner ${quoted(learner)} --version ${version}`;
  return (
    <Dialog title={`Evaluate version ${version} of ${learner}`} onClose={closeDialog}>
      <p>
        It was evaluated on its tasks when it was decided; the scores are in the results matrix. To run it
        again, with as many episodes as you like, use the command line on a machine that reaches the store; a
        gateway runs no episodes.
      </p>
      <CopyLine label="command" text={`${words} --episodes 100 --store STORE`} />
      <CopyLine label="command for one task" text={`${words} --task 1 --episodes 100 --store STORE`} />
      <div class="buttons">
        <button type="button" onClick={closeDialog}>Close</button>
      </div>
    </Dialog>
  );
}
