/**
 * `deno task pictures`: the pictures of the README, drawn from committed results and the table of services.
 * @module
 */
import { readFile, writeFile } from "node:fs/promises";
import { SERVICES } from "../../services/services.ts";
import { type DrawnRun, drawRun } from "./pictures/run_picture.ts";
import { drawSystem } from "./pictures/system_picture.ts";

const RESULTS = "shared/algorithm/results";

type Run = DrawnRun & { stream: string; seed: number };

/** One stream that was learnt with every replay source in the same conditions. */
async function runsOf(file: string, stream: string): Promise<Run[]> {
  const { runs } = JSON.parse(await readFile(`${RESULTS}/${file}`, "utf8")) as { runs: Run[] };
  return runs.filter((run) =>
    run.stream === stream && run.seed === 0 && ["generated", "none"].includes(run.replay)
  );
}

if (import.meta.main) {
  const runs = await runsOf("streams_short.json", "cheetah-vel");
  await writeFile(`${RESULTS}/run.svg`, drawRun(runs));
  const services = Object.entries(SERVICES).map(([name, { kinds }]) => ({ name, kinds }));
  await writeFile("services/system.svg", drawSystem(services));
}
