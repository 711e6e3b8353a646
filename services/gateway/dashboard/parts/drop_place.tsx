/**
 * A file that is dropped anywhere on a learner's page is on its way to becoming a task.
 * @module
 */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { openDialog } from "../acts/open_act.ts";
import { route } from "../state/route.ts";
import { may } from "../state/page_session.ts";
import { showToast } from "./toasts.tsx";

const isOver = signal(false);

/** Takes files that are dropped; shows that it would. */
export function DropPlace() {
  useEffect(() => listen(), []);
  const { value } = route;
  if (!isOver.value) return null;
  return (
    <div class="drop-place">
      {value.view === "learner"
        ? `Drop it: it becomes a task of ${value.name}`
        : "Open the learner that it is for"}
    </div>
  );
}

function listen(): () => void {
  const over = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    isOver.value = true;
  };
  const away = (event: DragEvent) => {
    if (event.relatedTarget === null) isOver.value = false;
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    isOver.value = false;
    take([...event.dataTransfer?.files ?? []]);
  };
  addEventListener("dragover", over);
  addEventListener("dragleave", away);
  addEventListener("drop", drop);
  return () => {
    removeEventListener("dragover", over);
    removeEventListener("dragleave", away);
    removeEventListener("drop", drop);
  };
}

function take(files: readonly File[]): void {
  const { value: place } = route;
  const [file] = files;
  if (!file) return;
  if (place.view !== "learner") {
    return showToast("Open the learner that the file is for, then drop it there.", { isFault: true });
  }
  if (!may("submit")) {
    return showToast("This token may not hand over files: that needs the scope submit.", { isFault: true });
  }
  if (files.length > 1) {
    showToast(
      `${files.length} files were dropped: only the first is taken, as the order of tasks is yours to choose.`,
    );
  }
  openDialog.value = { kind: "add task", learner: place.name, file };
}
