/**
 * `deno task test:page`: how fast the gateway's page is, in Chromium.
 * @module
 */
import { writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import process from "node:process";
import { Command } from "commander";
import { measureCurves } from "./curve_speed.ts";
import { type Figure, lineOf } from "./measure_figure.ts";
import { measureOpening } from "./opening.ts";
import { takePictures } from "./page_pictures.ts";
import { measureRobots } from "./robot_speed.ts";

const PARTS: Record<string, (report: (line: string) => void) => Promise<Figure[]>> = {
  opening: measureOpening,
  robots: measureRobots,
  curves: measureCurves,
};

interface Options {
  only?: string;
  json?: string;
  pictures?: string;
  store?: string;
  views?: string;
}

const program = new Command("test:page")
  .description("measure the gateway's page in Chromium: opening a long learner, robots, a million points")
  .option("--only <parts>", `some of ${Object.keys(PARTS).join(", ")}, separated by commas`)
  .option("--json <file>", "where the figures go as JSON, too")
  .option("--pictures <folder>", "takes pictures of every view instead, and says what axe finds")
  .option("--store <folder>", "with --pictures: whose first learner is looked at")
  .option("--views <names>", "with --pictures: some of the views, separated by commas");
program.parse();
process.exitCode = await main(program.opts<Options>());

async function main({ only, json, pictures, store, views }: Options): Promise<number> {
  if (pictures !== undefined) return await take(pictures, store, views?.split(","));
  const parts = only?.split(",") ?? Object.keys(PARTS);
  const unknown = parts.filter((part) => !Object.hasOwn(PARTS, part));
  if (unknown.length > 0) {
    console.error(`--only ${unknown.join(",")}: there is ${Object.keys(PARTS).join(", ")}`);
    return 2;
  }
  const figures: Record<string, Figure[]> = {};
  for (const part of parts) {
    console.log(`${part} (load ${loadavg().map((load) => load.toFixed(1)).join(" ")})`);
    figures[part] = await PARTS[part]!((line) => console.log(`  ${line}`));
    for (const figure of figures[part]) console.log(`  ${lineOf(figure)}`);
  }
  if (json !== undefined) await writeFile(json, `${JSON.stringify(figures, null, 2)}\n`);
  const isWithin = Object.values(figures).flat().every(({ value, most }) =>
    most === undefined || value <= most
  );
  return isWithin ? 0 : 1;
}

async function take(
  folder: string,
  store: string | undefined,
  views: readonly string[] | undefined,
): Promise<number> {
  if (store === undefined) {
    console.error("--pictures needs --store FOLDER, with a learner that has two versions");
    return 2;
  }
  const faults = await takePictures({ folder, store, views, report: (line) => console.log(line) });
  for (const fault of faults) console.error(fault);
  console.log(faults.length === 0 ? "axe finds nothing, and nothing is cut" : `${faults.length} faults`);
  return faults.length === 0 ? 0 : 1;
}
