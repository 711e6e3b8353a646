/**
 * Making a learner.
 * @module
 */
import { useState } from "preact/hooks";
import type { NewLearner as Settings } from "@cugro/client";
import { AnswerButtons } from "../parts/answer_buttons.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { DoingLines } from "../parts/doing_lines.tsx";
import { TextField } from "../parts/text_field.tsx";
import { showToast } from "../parts/toasts.tsx";
import type { Doing } from "../state/command_lines.ts";
import { goTo, toLearner } from "../state/route.ts";
import { client, sentenceOf } from "../state/page_session.ts";
import { closeDialog } from "./open_act.ts";

const PRESETS = ["default", "smoke", "paper"] as const satisfies readonly Settings["preset"][];

export function NewLearner() {
  const [name, setName] = useState("");
  const [preset, setPreset] = useState<typeof PRESETS[number]>("default");
  const [fault, setFault] = useState("");
  const settings = { name, preset };
  const make = async (event: Event) => {
    event.preventDefault();
    try {
      await client.value.learners.create(settings);
      showToast(`${name} is made. Drop the file of its first task on its page.`, {
        doing: makingOf(settings),
      });
      closeDialog();
      goTo(toLearner(name));
    } catch (error) {
      setFault(sentenceOf(error));
    }
  };
  return (
    <Dialog title="New learner" onClose={closeDialog}>
      <form onSubmit={(event) => void make(event)}>
        <TextField words={NAMED} value={name} most={64} isRequired onChange={setName} />
        <label class="field">
          <span>Preset</span>
          <select value={preset} onChange={(event) => setPreset(event.currentTarget.value as typeof preset)}>
            {PRESETS.map((one) => <option key={one}>{one}</option>)}
          </select>
        </label>
        <AnswerButtons verb="Make it" fault={fault} />
        <DoingLines doing={makingOf(settings)} />
      </form>
    </Dialog>
  );
}

const NAMED = "Name: lower-case letters, digits and inner hyphens";

function makingOf({ name, preset }: { name: string; preset: string }): Doing {
  const body = { name: name || "NAME", preset };
  return {
    method: "POST",
    path: "/v1/learners",
    body,
    command: ["learner", "create", body.name, "--preset", preset],
  };
}
