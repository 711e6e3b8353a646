/**
 * The buttons that answer a dialog.
 * @module
 */
import { closeDialog } from "../acts/open_act.ts";

/** The button that acts, the error of the last try, and the button that closes the dialog. */
export function AnswerButtons(
  { verb, fault, isDanger = false, isDisabled = false }: {
    verb: string;
    fault: string;
    isDanger?: boolean;
    isDisabled?: boolean;
  },
) {
  return (
    <>
      {fault !== "" && <p class="fault" role="alert">{fault}</p>}
      <div class="buttons">
        <button type="submit" class={isDanger ? "danger" : "primary"} disabled={isDisabled}>{verb}</button>
        <button type="button" onClick={closeDialog}>Leave it</button>
      </div>
    </>
  );
}
