/**
 * Files that were handed over and are no task yet, and those that were rejected.
 * @module
 */
import { byteSize } from "@cugro/report/words";
import { progressOf, RunningLine } from "../figures/job_graph_figure.tsx";
import { beat, type KnownLearner } from "../state/live_learner.ts";

export function FilesUnderWay({ state: { waiting, jobs, learner } }: { state: KnownLearner }) {
  beat.value;
  const { rejections } = learner;
  if (waiting.length === 0 && rejections.length === 0) return null;
  const reading = jobs.filter(({ task }) => task === null).flatMap((job) => progressOf(job) ?? []);
  return (
    <section class="files" aria-labelledby="files-title">
      <h2 id="files-title">Files</h2>
      <ul>
        {waiting.map(({ seq, key, size }) => (
          <li key={seq} class="user-text">
            <b>{fileOf(key)}</b>, {byteSize(size)}: waits to be read and judged{" "}
            {reading[0] && seq === waiting[0]?.seq && <RunningLine progress={reading[0]} />}
          </li>
        ))}
        {rejections.map(({ seq, key, reason }) => (
          <li key={seq} class="user-text bad">
            <b>{fileOf(key)}</b> was rejected: {reason}
          </li>
        ))}
      </ul>
    </section>
  );
}

function fileOf(key: string): string {
  return key.split("/").at(-1) ?? key;
}
