/**
 * Flags of commands that show a page, and the lines printed about it.
 * @module
 */
import process from "node:process";
import type { Command } from "commander";
import { commandLine } from "../learners/place.ts";
import type { Learners, ShownPage } from "../learners/learners.ts";
import { openBrowser } from "./open_browser.ts";

/** The values of the flags. */
export interface PageFlags {
  open?: boolean;
  stay: boolean;
  browser?: boolean;
}

/**
 * Gives a command that works for a while the flags of a page beside it.
 *
 * @param command gets them
 * @returns the same command
 */
export function withPageOptions(command: Command): Command {
  return command
    .option("--open", "serve a page that shows what happens, from the start; its address is printed")
    .option("--browser", "open the page in a browser, if there is one (implies --open)")
    .option(
      "--no-stay",
      "exit when everything is learnt; by default the page stays until Ctrl-C on a terminal",
    );
}

/**
 * Opens the page of a learner if it was asked for, and says where it is.
 *
 * @param learners in a store or behind a gateway
 * @param learner its name
 * @param flags as typed
 * @returns the page; undefined if it was not asked for
 */
export async function openPageIfAsked(
  learners: Learners,
  learner: string,
  { open = false, browser = false }: Omit<PageFlags, "stay">,
): Promise<ShownPage | undefined> {
  if (!open && !browser) return undefined;
  const page = await learners.page();
  await printPage(page, `/learners/${learner}`, browser);
  return page;
}

/** Says where a page is, and opens it in a browser where that was asked for. */
export async function printPage(
  page: Pick<ShownPage, "addressOf">,
  place: string,
  browser: boolean,
): Promise<void> {
  const address = page.addressOf(place);
  console.error(`page: ${address}`);
  if (browser && !await openBrowser(address)) {
    console.error("There is no browser on this machine: open the address in one that can reach it.");
  }
}

/**
 * Whether there is a terminal, whose user ends the command.
 *
 * @returns whether stdin and stderr are a terminal
 */
export function isOnTerminal(): boolean {
  return process.stderr.isTTY === true && process.stdin.isTTY === true;
}

/**
 * Keeps the page, and goes on with whatever is handed over there, until Ctrl-C.
 *
 * @param learners in a store or behind a gateway
 * @param work number of workers, minutes to wait for space
 * @param page that is open
 */
export async function stayUntilCtrlC(
  learners: Learners,
  work: { workers: number; waitForRoom: number },
  page: ShownPage,
): Promise<void> {
  console.error(`The page stays until Ctrl-C, and files handed over there are learnt: ${page.addressOf()}`);
  await learners.learnOn(work);
  console.error(`The page is closed. To open it again: ${commandLine(learners.place, "dashboard")}`);
}
