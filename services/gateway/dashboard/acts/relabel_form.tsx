/**
 * A task's labels, corrected: first a preview of what would be measured again, then the act.
 * @module
 */
import { useState } from "preact/hooks";
import type { NewLabel, Relabelled } from "@cugro/client";
import { AnswerButtons } from "../parts/answer_buttons.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { DoingLines } from "../parts/doing_lines.tsx";
import { TextField } from "../parts/text_field.tsx";
import { showToast } from "../parts/toasts.tsx";
import { type Doing, pathOf } from "../state/command_lines.ts";
import { known } from "../state/live_learner.ts";
import { client, sentenceOf } from "../state/page_session.ts";
import { closeDialog } from "./open_act.ts";

/** The fields that can be corrected, in words. */
const FIELDS = [
  ["name", "name of the task"],
  ["family", "family of the simulator"],
  ["goal", "goal, numbers with commas"],
  ["horizon", "steps of an episode"],
  ["return_random", "return that scores 0"],
  ["return_final_policy", "return that scores 100"],
] as const;

type Values = Record<string, string>;

export function Relabel({ learner, task }: { learner: string; task: number }) {
  const [values, setValues] = useState<Values>({});
  const [foreseen, setForeseen] = useState<Relabelled | undefined>(undefined);
  const [fault, setFault] = useState("");
  const set = settingsOf(values);
  const isEmpty = Object.keys(set).length === 0;
  const about = known.value?.learner.tasks.find((one) => one.task === task);
  const act = async (event: Event) => {
    event.preventDefault();
    setFault("");
    try {
      const done = await client.value.tasks.relabel(learner, task, { set, dryRun: foreseen === undefined });
      if (foreseen === undefined) return setForeseen(done);
      showToast(done.said, { doing: relabellingOf(learner, task, set) });
      closeDialog();
    } catch (error) {
      setFault(sentenceOf(error));
    }
  };
  const change = (changed: Values) => {
    setValues(changed);
    setForeseen(undefined);
  };
  return (
    <Dialog title={`Relabel task ${task} of ${learner}`} onClose={closeDialog}>
      <form onSubmit={(event) => void act(event)}>
        <p class="user-text">{ABOUT}{about ? `; now it is “${about.name}”.` : "."}</p>
        <Fields values={values} onChange={change} />
        {foreseen && <p role="status">What will happen: {foreseen.said}</p>}
        <AnswerButtons verb={foreseen ? "Relabel" : FORESEE} fault={fault} isDisabled={isEmpty} />
        {!isEmpty && <DoingLines doing={relabellingOf(learner, task, set)} />}
      </form>
    </Dialog>
  );
}

function Fields({ values, onChange }: { values: Values; onChange: (values: Values) => void }) {
  return (
    <div class="fields">
      {FIELDS.map(([name, words]) => (
        <TextField
          key={name}
          {...{ name, words, value: values[name] ?? "" }}
          onChange={(value) => onChange({ ...values, [name]: value })}
        />
      ))}
    </div>
  );
}

const FORESEE = "Preview";
const ABOUT =
  "Its rows stay as they are; whatever depends on the label is measured again, and nothing is trained. Leave a field empty to keep its value";

function settingsOf(values: Values): NewLabel["set"] {
  const filled = Object.entries(values).filter(([, value]) => value.trim() !== "");
  return Object.fromEntries(filled.map(([name, value]) => {
    const isNumber = name !== "name" && name !== "family" && Number.isFinite(Number(value));
    return [name, isNumber ? Number(value) : value.trim()];
  }));
}

function relabellingOf(learner: string, task: number, set: NewLabel["set"]): Doing {
  const flags = Object.entries(set).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
  return {
    method: "PATCH",
    path: pathOf(learner, `/tasks/${task}`),
    body: { set },
    command: ["relabel", task, "--learner", learner, ...flags],
  };
}
