/**
 * `cugro dashboard`: the page of a store without a cluster. While another command writes the folder, this is that command's page; if no command
 * does, this one takes the lock, so that the page may act; beside a command without a page it is read-only.
 * @module
 */
import process from "node:process";
import { createEmbeddedBus } from "@cugro/bus";
import { type FolderHolder, folderHolder, StoreLocked } from "@cugro/store";
import { addressOfPage } from "@cugro/gateway/here";
import type { Command } from "commander";
import { openForReading } from "../learners/stores_of_flags.ts";
import { onlyOnStore, STORE_FLAG } from "../learners/learners_of_flags.ts";
import type { ShownPage } from "../learners/learners.ts";
import { openLocal } from "../learners/local.ts";
import { commandLine, type Place, placeOfStore } from "../learners/place.ts";
import { openPage } from "./open_page.ts";
import { printPage } from "./page_options.ts";
import { UsageError, wholeNumber } from "../commands/print_output.ts";

interface DashboardOptions {
  store: string;
  workers: number;
  learner?: string;
  browser?: boolean;
}

/** Adds the command. */
export function registerDashboard(program: Command): void {
  const command = program.command("dashboard")
    .option("--learner <name>", "open the page at this learner")
    .option(
      "--workers <n>",
      "worker processes that learn the files handed over",
      wholeNumber("--workers", 0),
      0,
    )
    .option("--browser", "open it in a browser, if there is one")
    .option(...STORE_FLAG)
    .action(dashboard);
  onlyOnStore(command, "a gateway serves the page itself, at its address");
}

async function dashboard({ store, workers, learner, browser = false }: DashboardOptions): Promise<void> {
  const place = placeOfStore(store);
  const at = learner === undefined ? "/learners" : `/learners/${encodeURIComponent(learner)}`;
  const holder = place.kind === "folder" ? await folderHolder(store) : undefined;
  if (holder?.page) return await showPageOf(holder.page, holder.who, at, browser);
  if (holder) return await lookOnly(place, holder, at, browser);
  const learners = openLocal(store);
  try {
    const page = await learners.page().catch(async (error) => {
      // Another command took the lock first.
      const since = error instanceof StoreLocked && await folderHolder(store);
      if (!since) throw error;
      return await lookOnly(place, since, at, browser);
    });
    if (!page) return;
    await printPage(page, at, browser);
    console.error(describeActs(place, workers));
    if (place.kind === "bucket") await untilCtrlC();
    // Even without workers, verdicts move the head.
    else await learners.learnOn({ workers, waitForRoom: 30 });
    await page.close();
  } finally {
    await learners.close();
  }
}

function describeActs(place: Place, workers: number): string {
  if (place.kind === "bucket") {
    return "Files handed over there are learnt by the cluster that serves the bucket.";
  }
  if (workers > 0) return "Files handed over there are learnt here. Ctrl-C stops.";
  return `What is handed over there waits for ${
    commandLine(place, "run --learner NAME")
  } (after Ctrl-C here), ` +
    "or for --workers of this command; verdicts hold at once.";
}

/** The page that the writing command serves already. */
async function showPageOf(
  { url, token }: NonNullable<FolderHolder["page"]>,
  who: string,
  at: string,
  browser: boolean,
): Promise<void> {
  console.error(`The folder is being written by ${who}, which serves its page`);
  if (token === undefined) {
    throw new UsageError(
      `Its page is at ${url}/: only that command's user may read its token, which is in the address that it printed`,
    );
  }
  await printPage({ addressOf: (place) => addressOfPage(url, token, place) }, at, browser);
}

/** Beside a command that writes and has no page. */
async function lookOnly(
  place: Place,
  { who }: FolderHolder,
  at: string,
  browser: boolean,
): Promise<undefined> {
  const store = await openForReading(place.name);
  const bus = createEmbeddedBus();
  const stop = untilCtrlC();
  let page: ShownPage | undefined;
  try {
    page = await openPage({ place, store, bus, readOnlyAs: "read-only" });
    console.error(`Read-only: the folder is being written by ${who}`);
    await printPage(page, at, browser);
    await stop;
  } finally {
    await page?.close();
    await bus.close();
    await store.close();
  }
}

function untilCtrlC(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}
