/**
 * A version as files that act without this software: made by the gateway, then kept by the browser like any download.
 * @module
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import { byteSize } from "@cugro/report/words";
import { AnswerButtons } from "../parts/answer_buttons.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { DoingLines } from "../parts/doing_lines.tsx";
import { Meter } from "../parts/meter.tsx";
import { showToast } from "../parts/toasts.tsx";
import { type Doing, pathOf } from "../state/command_lines.ts";
import { client, sentenceOf } from "../state/page_session.ts";
import { closeDialog } from "./open_act.ts";

/** The dialog that makes a bundle and saves it. */
export function ExportBundle({ learner, version }: { learner: string; version: number }) {
  const [fault, setFault] = useState("");
  const [isBusy, setBusy] = useState(false);
  const stop = useMemo(() => new AbortController(), []);
  useEffect(() => () => stop.abort(), []);
  const make = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setFault("");
    try {
      const bytes = await client.value.versions.bundle(learner, version, { signal: stop.signal });
      save(bytes, fileOf(learner, version));
      showToast(`Version ${version} of ${learner} is exported: ${byteSize(bytes.length)}.`, {
        doing: exporting(learner, version),
      });
      closeDialog();
    } catch (error) {
      if (stop.signal.aborted) return;
      setFault(sentenceOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={`Export version ${version} of ${learner}`} onClose={closeDialog}>
      <form onSubmit={(event) => void make(event)}>
        <WhatItIs />
        {isBusy && (
          <div role="status">
            <p>The gateway makes and checks it …</p>
            <Meter value={undefined} label="Making the bundle" />
          </div>
        )}
        <AnswerButtons verb="Export it" fault={fault} isDisabled={isBusy} />
        <DoingLines doing={exporting(learner, version)} />
      </form>
    </Dialog>
  );
}

function WhatItIs() {
  return (
    <p>
      A zip archive with the networks as ONNX graphs, their weights, and loaders for Python, C++ and
      JavaScript. Each graph is checked against the policy here before it is written, which takes half a
      minute or more; nothing changes in the learner.
    </p>
  );
}

const fileOf = (learner: string, version: number) => `${learner}-version-${version}.zip`;

function exporting(learner: string, version: number): Doing {
  const file = fileOf(learner, version);
  return {
    ...{ method: "GET", path: pathOf(learner, `/versions/${version}/bundle`), output: file },
    command: ["export", "--learner", learner, "--version", version, "--out", file.replace(/\.zip$/, "")],
  };
}

function save(bytes: Uint8Array<ArrayBuffer>, name: string): void {
  const address = URL.createObjectURL(new Blob([bytes], { type: "application/zip" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
