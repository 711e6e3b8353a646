/**
 * `deno task test:datasets`: damaged files of every format through the readers, through threads of their own, through an
 * upload to a real gateway and importer; then many bad files in a row through one importer.
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { wholeNumber } from "../../scripts/cli/commands/print_output.ts";
import { fuzzIsolated, fuzzReaders } from "./readers.ts";
import { fuzzServices } from "./damaged_uploads.ts";

const RESULTS = fileURLToPath(new URL("../../shared/datasets/results/fuzz.json", import.meta.url));

interface Settings {
  files: number;
  isolated: number;
  uploads: number;
  row: number;
  start: number;
  out: string;
}

const program = new Command("test:datasets")
  .description("damage good files of every format, and check that they are read as they are or refused")
  .option("--files <n>", "files through the readers", wholeNumber("--files", 0), 100_000)
  .option("--isolated <n>", "files through a thread of their own", wholeNumber("--isolated", 0), 1_000)
  .option("--uploads <n>", "files sent to a gateway", wholeNumber("--uploads", 0), 1_000)
  .option("--row <n>", "bad files in a row for one importer", wholeNumber("--row", 0), 3_000)
  .option("--start <s>", "the first file's seed", wholeNumber("--start", 0), 1)
  .option("--out <file>", "where the figures go", RESULTS);
program.parse();
process.exitCode = await main(program.opts<Settings>());

async function main({ files, isolated, uploads, row, start, out }: Settings): Promise<number> {
  const report = (line: string) => console.log(line);
  const figures: Record<string, unknown> = { start };
  const readers = await fuzzReaders({ files, start, report: (counts) => report(JSON.stringify(counts)) });
  figures.readers = readers;
  report(`readers: ${JSON.stringify(readers)}`);
  const threads = await fuzzIsolated({ files: isolated, start: start + files });
  figures.isolated = threads;
  report(`in threads: ${JSON.stringify(threads)}`);
  const bad = [readers, threads].reduce(
    (sum, { crashes, hangs, undetected, unforeseen }) => sum + crashes + hangs + undetected + unforeseen,
    0,
  );
  let sound = bad === 0 && threads.originalsUnchanged;
  if (uploads + row > 0) {
    const services = await fuzzServices({ uploads, inARow: row, start: start + files + isolated, report });
    Object.assign(figures, services);
    report(JSON.stringify(services, null, 1));
    sound &&= services.uploads.failedImports === 0 && services.uploads.badSentences.length === 0 &&
      services.importer.goodAfterwards && services.importer.restarts === 0;
  }
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(figures, null, 2)}\n`);
  return sound ? 0 : 1;
}
