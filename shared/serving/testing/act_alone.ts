/**
 * For tests only: a process that acts by one way after the other, and says after each which libraries it has loaded and how
 * much memory it takes. Arguments: the store's folder, then learners and ways.
 * @module
 */
import { readFileSync } from "node:fs";
import { createLog } from "@cugro/telemetry";
import { openFilesystemStore } from "@cugro/store";
import { type WayOfActing, wayOfActingSchema } from "@cugro/protocol";
import { openActing } from "../answer_learners.ts";

/** The report after each way. */
export interface Answered {
  acting: WayOfActing;
  actions: number[][];
  /** Files of TensorFlow and its binding that are mapped. */
  tensors: string[];
  rssBytes: number;
}

/** Files of a tensor library among those that this process has mapped. */
function mappedTensors(): string[] {
  const lines = readFileSync("/proc/self/maps", "utf8").split("\n");
  const files = lines.map((line) => line.split(" ").at(-1)!).filter((file) => /tensorflow|tfjs/.test(file));
  return [...new Set(files)];
}

if (import.meta.main) {
  const [root, ...asked] = Deno.args;
  const store = await openFilesystemStore({ root: root!, lock: false });
  const acting = await openActing({ store, log: createLog({ level: "silent" }) });
  const answers: Answered[] = [];
  for (const one of asked) {
    const [learner, way] = one.split(":") as [string, string];
    const observations = [[0.1, 0.2, 0.3]];
    const request = { task: 1, seed: 3, observations, acting: wayOfActingSchema.parse(way) };
    const answer = await acting.act(learner, request);
    answers.push({
      ...{ acting: answer.acting, actions: answer.actions },
      ...{ tensors: mappedTensors(), rssBytes: Deno.memoryUsage().rss },
    });
  }
  console.log(JSON.stringify(answers));
  await acting.close();
  await store.close();
}
