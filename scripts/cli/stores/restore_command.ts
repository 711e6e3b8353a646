/**
 * `cugro restore`: a backup brought into an empty store, and proved.
 * @module
 */
import { stat, writeFile } from "node:fs/promises";
import { openSnapshot, readContent, restore, type RestoreProgress, type Snapshot } from "@cugro/backup";
import { byteSize } from "@cugro/report/words";
import type { Store } from "@cugro/store";
import type { Command } from "commander";
import { printJson, UsageError } from "../commands/print_output.ts";
import { commandLine, placeOfStore } from "../learners/place.ts";
import { createLiveLine } from "../progress/live_line.ts";
import { AT, BACKUP, JSON_FLAG, printLosses, STORE, WITHOUT_SECRETS } from "./backup_command.ts";
import { withBackup, withTarget } from "./with_store.ts";

/** Adds the command. */
export function registerRestore(program: Command): void {
  program.command("restore")
    .requiredOption(`--from ${BACKUP}`, "the backup").option(...AT).option(...STORE)
    .option("--tokens <file>", "file to write the gateway's tokens to, if the backup has them")
    .option("--without-secrets", `${WITHOUT_SECRETS}, for a copy that is only a trial`)
    .option(...JSON_FLAG)
    .action(restoreAll);
}

interface RestoreFlags {
  from: string;
  at?: string;
  store: string;
  tokens?: string;
  withoutSecrets?: boolean;
  json?: boolean;
}

async function restoreAll(
  { from: name, at, store: into, tokens, withoutSecrets, json }: RestoreFlags,
): Promise<void> {
  await withBackup(name, async (from) => {
    const { name: chosen, snapshot } = await openSnapshot(from, at);
    if (tokens !== undefined) await refuseTokens(snapshot, tokens);
    const show = createLiveLine(({ stage, objects, of, bytes }: RestoreProgress) =>
      `${stage}: ${objects} of ${of} objects, ${byteSize(bytes)}`
    );
    const options = { from, snapshot, secrets: !withoutSecrets, onProgress: show.progress };
    const done = await withTarget(into, (store) => restore({ ...options, store }).finally(show.end));
    if (tokens !== undefined) await writeTokens(from, snapshot, tokens);
    if (json) return printJson({ snapshot: chosen, ...done });
    const { learners, objects, bytes } = done;
    console.log(
      `${chosen}: ${learners.length} learners, ${objects} objects, ${
        byteSize(bytes)
      } in ${into}; all of them read ` +
        "back, every hash and reference checked",
    );
    printLosses({ missing: done.missing, damaged: [] });
    if (done.renamed.length > 0) {
      console.error(
        `${done.renamed.length} arrivals name their files as ${into} does: a file's etag is the store's`,
      );
    }
    if (snapshot.tokens && tokens === undefined && !withoutSecrets) {
      console.error(
        "The gateway's tokens are in the backup, and were not restored: --tokens FILE writes them",
      );
    }
    console.error(`Look: ${commandLine(placeOfStore(into), "status")}`);
  });
}

async function refuseTokens({ tokens }: Snapshot, path: string): Promise<void> {
  if (!tokens) {
    throw new UsageError(
      "This snapshot has no tokens: leave out --tokens, and make new ones (cugro token create)",
    );
  }
  if (await stat(path).catch(() => undefined)) {
    throw new UsageError(`${path} exists: tokens are written to a new file only`);
  }
}

async function writeTokens(from: Store, { tokens }: Snapshot, path: string): Promise<void> {
  const bytes = await readContent(from, { key: "the file of tokens", etag: "", ...tokens! });
  await writeFile(path, bytes, { mode: 0o600, flag: "wx" });
}
