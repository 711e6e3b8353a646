/**
 * One question before an act: what will happen, why it is done, and how else it could be done.
 * @module
 */
import { useState } from "preact/hooks";
import { AnswerButtons } from "../parts/answer_buttons.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { DoingLines } from "../parts/doing_lines.tsx";
import { TextField } from "../parts/text_field.tsx";
import { showToast } from "../parts/toasts.tsx";
import { sentenceOf } from "../state/page_session.ts";
import { type Act, closeDialog } from "./open_act.ts";

export function ActDialog({ act }: { act: Act }) {
  const [reason, setReason] = useState("");
  const [fault, setFault] = useState("");
  const [isBusy, setBusy] = useState(false);
  const why = reason.trim() === "" ? undefined : reason.trim();
  const run = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      showToast(await act.run(why), { doing: act.doing(why) });
      closeDialog();
    } catch (error) {
      setFault(sentenceOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={act.title} onClose={closeDialog}>
      <form onSubmit={(event) => void run(event)}>
        {act.before.map((sentence, index) => <p key={index} class="user-text">{sentence}</p>)}
        <TextField words="Reason, for the record" value={reason} onChange={setReason} />
        <AnswerButtons
          verb={act.verb}
          fault={fault}
          isDanger={act.isDestructive ?? false}
          isDisabled={isBusy}
        />
        <DoingLines doing={act.doing(why)} />
      </form>
    </Dialog>
  );
}
