/**
 * `cugro backup`: a whole store, kept elsewhere.
 * @module
 */
import { readFile } from "node:fs/promises";
import {
  backUp,
  checkSnapshot,
  listSnapshots,
  openSnapshot,
  prune,
  type ReadProgress,
  readSnapshot,
  type Snapshot,
} from "@cugro/backup";
import { readTokens } from "@cugro/gateway/tokens";
import { byteSize } from "@cugro/report/words";
import type { Command } from "commander";
import { printJson, UsageError, wholeNumber } from "../commands/print_output.ts";
import { printTable } from "../terminal_table.ts";
import { DEFAULT_STORE } from "../learners/place.ts";
import { createLiveLine } from "../progress/live_line.ts";
import { withBackup, withSource, withWrittenBackup } from "./with_store.ts";

/** Where learners are. */
export const STORE = [
  "--store <store>",
  "folder that holds everything, or s3://bucket/prefix",
  DEFAULT_STORE,
] as const;
/** What a backup is called. */
export const BACKUP = "<folder or s3://bucket/prefix>";
/** For programs. */
export const JSON_FLAG = ["--json", "print one JSON document"] as const;
/** Which snapshot. */
export const AT = ["--at <snapshot>", "its name, or the beginning of it (default: the newest)"] as const;
/** What is left out. */
export const WITHOUT_SECRETS = "without webhooks and their pending deliveries";

/** Adds the command and those below it. */
export function registerBackup(program: Command): void {
  const backup = program.command("backup")
    .enablePositionalOptions()
    .option("--all", "everything: learners, jobs under way, waiting files, webhooks").option(...STORE)
    .option(`--to ${BACKUP}`, "the backup")
    .option("--tokens <file>", "the gateway's file of tokens, which is not part of a store")
    .option("--without-secrets", `${WITHOUT_SECRETS}, and without tokens`)
    .option(...JSON_FLAG)
    .action(make);
  backup.command("list").description("snapshots of a backup, the newest first")
    .requiredOption(`--from ${BACKUP}`, "the backup").option(...JSON_FLAG).action(list);
  backup.command("check").description("read all of a snapshot, and check every hash and reference")
    .requiredOption(`--from ${BACKUP}`, "the backup").option(...AT).option(...JSON_FLAG).action(check);
  backup.command("prune").description("remove old snapshots, and objects that only they had")
    .requiredOption(`--from ${BACKUP}`, "the backup")
    .requiredOption("--keep <n>", "how many of the newest stay", wholeNumber("--keep", 1))
    .option(...JSON_FLAG).action(pruneOld);
}

interface BackupFlags {
  all?: boolean;
  store: string;
  to?: string;
  tokens?: string;
  withoutSecrets?: boolean;
  json?: boolean;
}

async function make(
  { all, store: name, to, tokens, withoutSecrets = false, json }: BackupFlags,
): Promise<void> {
  if (!all) {
    throw new UsageError(
      "backup copies a whole store: say so with --all. One learner: cugro push, or cugro learner export",
    );
  }
  if (to === undefined) throw new UsageError("Where to is missing: --to FOLDER, or --to s3://bucket/prefix");
  if (withoutSecrets && tokens !== undefined) {
    throw new UsageError("--tokens and --without-secrets exclude each other");
  }
  const file = tokens === undefined ? {} : { tokens: await tokensIn(tokens) };
  const show = createLiveLine(({ objects, of, bytes, added }: Parameters<typeof printProgress>[0]) =>
    printProgress({ objects, of, bytes, added })
  );
  await withSource(name, async (store) => {
    const options = { store, name, secrets: !withoutSecrets, onProgress: show.progress, ...file };
    const done = await withWrittenBackup(
      to,
      (target) => backUp({ ...options, to: target }).finally(show.end),
    );
    if (json) return printJson(done);
    const { objects, bytes, added, addedBytes, snapshot, learners } = done;
    console.log(
      `${snapshot}: ${learners.length} learners, ${objects} objects, ${byteSize(bytes)}; new in ${to}: ` +
        `${added} contents, ${byteSize(addedBytes)}`,
    );
    printLosses(done);
  });
}

const printProgress = (
  { objects, of, bytes, added }: { objects: number; of: number; bytes: number; added: number },
) => `${objects} of ${of} objects, ${byteSize(bytes)}, ${added} new`;

/** What a snapshot lacks. */
export function printLosses(
  { missing, damaged }: { missing: readonly string[]; damaged: readonly string[] },
): void {
  for (const key of missing) {
    console.error(`The store has lost ${key}, so the backup does not have it either`);
  }
  for (const key of damaged) console.error(`${key} is damaged in the store, and was left out`);
}

/** Checked now, so that a wrong file is not found on the day when it is needed. */
async function tokensIn(path: string): Promise<Uint8Array> {
  await readTokens(path);
  return new Uint8Array(await readFile(path));
}

async function list({ from: name, json }: { from: string; json?: boolean }): Promise<void> {
  await withBackup(name, async (from) => {
    const names = (await listSnapshots(from)).toReversed();
    const rows: { name: string; fault?: string; snapshot?: Snapshot }[] = [];
    for (const each of names) {
      rows.push(
        await readSnapshot(from, each).then((snapshot) => ({ name: each, snapshot }), (error: Error) => ({
          name: each,
          fault: error.message,
        })),
      );
    }
    if (json) {
      return printJson(
        rows.map(({ name, fault, snapshot }) =>
          fault === undefined ? { name, ...about(snapshot!) } : { name, fault }
        ),
      );
    }
    printTable(
      ["snapshot", "made", "software", "objects", "bytes", "secrets", "tokens"],
      rows.map(({ name, snapshot }) => {
        if (!snapshot) return [name, "damaged", "", "", "", "", ""];
        const { made, software, objects, bytes, secrets, tokens } = about(snapshot);
        return [
          name,
          made.slice(0, 19),
          software,
          objects,
          byteSize(bytes),
          secrets ? "yes" : "no",
          tokens ? "yes" : "no",
        ];
      }),
      `no snapshot in ${name}`,
    );
  });
}

function about({ objects, missing, tokens, schema: _, ...rest }: Snapshot) {
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  return { ...rest, objects: objects.length, bytes, missing, tokens: tokens !== undefined };
}

async function check({ from: name, at, json }: { from: string; at?: string; json?: boolean }): Promise<void> {
  await withBackup(name, async (from) => {
    const { name: snapshot, snapshot: content } = await openSnapshot(from, at);
    const show = createLiveLine(({ objects, of, bytes }: ReadProgress) =>
      `${objects} of ${of} objects, ${byteSize(bytes)}`
    );
    const { objects, bytes } = await checkSnapshot(from, content, show.progress).finally(show.end);
    if (json) return printJson({ snapshot, objects, bytes });
    console.log(
      `${snapshot}: whole; ${objects} objects, ${byteSize(bytes)}, every hash and reference checked`,
    );
  });
}

async function pruneOld(
  { from: name, keep, json }: { from: string; keep: number; json?: boolean },
): Promise<void> {
  const done = await withWrittenBackup(name, (backup) => prune(backup, keep));
  if (json) return printJson(done);
  const { snapshots, contents, bytes, kept } = done;
  console.log(
    `removed ${snapshots.length} snapshots and ${contents} contents, ${
      byteSize(bytes)
    }; ${kept} snapshots stay`,
  );
}
