/**
 * A file becomes a task: it is judged first, implausible things are shown, and then it is sent.
 * @module
 */
import { useEffect, useState } from "preact/hooks";
import type { Validation } from "@cugro/client";
import { byteSize } from "@cugro/report/words";
import { Dialog } from "../parts/dialog.tsx";
import { DoingLines } from "../parts/doing_lines.tsx";
import { Meter } from "../parts/meter.tsx";
import { showToast } from "../parts/toasts.tsx";
import { type Doing, pathOf } from "../state/command_lines.ts";
import { client, sentenceOf } from "../state/page_session.ts";
import { watchUpload } from "../state/upload_progress.ts";
import { Judgement } from "./judgement.tsx";
import { closeDialog } from "./open_act.ts";

/** A larger file is judged only by its import. */
const JUDGED_BYTES = 256 << 20;

/** Where the dialog is. */
type Stage =
  | { at: "choosing" }
  | { at: "judging" | "sending"; sent: number }
  | { at: "judged"; validation: Validation | undefined; note?: string };

export function AddTask({ learner, file: dropped }: { learner: string; file: File | undefined }) {
  const [file, setFile] = useState(dropped);
  const [stage, setStage] = useState<Stage>({ at: "choosing" });
  const [asNewTask, setAsNewTask] = useState(false);
  const [fault, setFault] = useState("");
  const [stop] = useState(() => new AbortController());
  useEffect(() => () => stop.abort(), []);
  // A failure to judge or send a file does not rule out sending it again.
  const trying = (sending: Promise<void>) =>
    sending.catch((error) => {
      setFault(sentenceOf(error));
      setStage({ at: "judged", validation: undefined });
    });
  useEffect(() => {
    if (file) void trying(judge(learner, file, stop.signal, setStage));
  }, [file]);
  const send = () => {
    setFault("");
    void trying(handOver(learner, file!, asNewTask, stop.signal, setStage));
  };
  return (
    <Dialog title={`Add a task to ${learner}`} onClose={closeDialog}>
      {file ? <FileLine file={file} /> : <FileChoice onChosen={setFile} />}
      {(stage.at === "judging" || stage.at === "sending") && file && (
        <Sending stage={stage} size={file.size} />
      )}
      {stage.at === "judged" && <Judged stage={stage} asNewTask={asNewTask} onAsNewTask={setAsNewTask} />}
      {fault !== "" && <p class="fault" role="alert">{fault}</p>}
      <div class="buttons">
        {isTakeable(stage) && <button type="button" class="primary" onClick={send}>Hand it over</button>}
        <button type="button" onClick={closeDialog}>Leave it</button>
      </div>
      {file && <DoingLines doing={addingOf(learner, file.name, asNewTask)} />}
    </Dialog>
  );
}

function FileLine({ file: { name, size } }: { file: File }) {
  return (
    <p>
      File: <b class="user-text">{name}</b>, {byteSize(size)}
    </p>
  );
}

function isTakeable(stage: Stage): boolean {
  return stage.at === "judged" && stage.validation?.ok !== false;
}

function Judged(
  { stage, asNewTask, onAsNewTask }: {
    stage: Stage & { at: "judged" };
    asNewTask: boolean;
    onAsNewTask: (asNewTask: boolean) => void;
  },
) {
  return (
    <>
      {stage.validation && <Judgement validation={stage.validation} />}
      {stage.note !== undefined && <p>{stage.note}</p>}
      {isTakeable(stage) && (
        <label class="check">
          <input
            type="checkbox"
            checked={asNewTask}
            onChange={(event) => onAsNewTask(event.currentTarget.checked)}
          />
          Make it a task of its own, also if it holds the episodes of a task
        </label>
      )}
    </>
  );
}

function FileChoice({ onChosen }: { onChosen: (file: File) => void }) {
  return (
    <label class="field">
      <span>HDF5, Parquet, CSV, npz, safetensors, or a zip archive of a folder of LeRobot or Minari</span>
      <input
        type="file"
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          if (chosen) onChosen(chosen);
        }}
      />
    </label>
  );
}

function Sending({ stage: { at, sent }, size }: { stage: { at: string; sent: number }; size: number }) {
  const isSent = sent >= size;
  const what = at === "judging" ? "Judging the file, before it is handed over" : "Handing the file over";
  return (
    <div role="status">
      <p>{what}: {isSent ? "it is being read" : `${byteSize(sent)} of ${byteSize(size)} sent`}</p>
      <Meter value={isSent ? undefined : sent / Math.max(1, size)} label={what} />
    </div>
  );
}

async function judge(
  learner: string,
  file: File,
  signal: AbortSignal,
  show: (stage: Stage) => void,
): Promise<void> {
  if (file.size > JUDGED_BYTES) {
    const note = `It is larger than ${
      byteSize(JUDGED_BYTES)
    }: it is judged when it has been handed over, before anything is learnt.`;
    return show({ at: "judged", validation: undefined, note });
  }
  show({ at: "judging", sent: 0 });
  watchUpload(file, (sent) => show({ at: "judging", sent }), signal);
  const validation = await client.value.tasks.validate(learner, { fileName: file.name, body: file });
  show({ at: "judged", validation });
}

async function handOver(
  learner: string,
  file: File,
  asNewTask: boolean,
  signal: AbortSignal,
  show: (stage: Stage) => void,
): Promise<void> {
  show({ at: "sending", sent: 0 });
  watchUpload(file, (sent) => show({ at: "sending", sent }), signal);
  const { added, reason } = await client.value.tasks.upload(learner, {
    fileName: file.name,
    body: file,
    asNewTask,
  });
  const doing = addingOf(learner, file.name, asNewTask);
  if (added) showToast(`${file.name} is handed to ${learner}.`, { doing });
  else {showToast(
      `${learner} had ${file.name} already${reason === null ? "" : `, and rejected it: ${reason}`}.`,
      {
        doing,
      },
    );}
  closeDialog();
}

function addingOf(learner: string, fileName: string, asNewTask: boolean): Doing {
  const query = new URLSearchParams({ fileName, ...asNewTask ? { asNewTask: "true" } : {} });
  return {
    method: "POST",
    path: pathOf(learner, `/tasks?${query}`),
    file: fileName,
    command: ["add", fileName, "--learner", learner, ...asNewTask ? ["--as-new-task"] : []],
  };
}
