/**
 * Which keys there are.
 * @module
 */
import { closeDialog } from "../acts/open_act.ts";
import { KEYS } from "../state/keyboard.ts";
import { Dialog } from "./dialog.tsx";

export function Keys() {
  return (
    <Dialog title="Keys" onClose={closeDialog}>
      <dl class="facts">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div class="buttons">
        <button type="button" onClick={closeDialog}>Close</button>
      </div>
    </Dialog>
  );
}
