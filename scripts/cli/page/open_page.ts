/**
 * The page of a command: served by its own process beside what it does.
 * @module
 */
import process from "node:process";
import type { EmbeddedBus } from "@cugro/bus";
import { serveHere } from "@cugro/gateway/here";
import { announcePage, type Store } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import type { ShownPage } from "../learners/learners.ts";
import type { Place } from "../learners/place.ts";

/** The store that is shown, and the rights of the page. */
export interface PageOptions {
  place: Place;
  store: Store;
  bus: EmbeddedBus;
  /** A reader's name, for a read-only page. @default it may do everything */
  readOnlyAs?: string;
}

/**
 * Serves it until it is closed. A command that asks for the page of this folder meanwhile finds it by the folder's lock.
 *
 * @param page the store, its place and bus, and the rights of the page
 * @returns the page, to be closed by the caller
 */
export async function openPage({ place, store, bus, readOnlyAs }: PageOptions): Promise<ShownPage> {
  const isLooking = readOnlyAs !== undefined;
  const here = await serveHere({
    ...{ store, bus, scope: isLooking ? "read" : "admin", name: readOnlyAs ?? nameOfUser() },
    log: createLog({ level: process.env.CUGRO_LOG === undefined ? "error" : "info" }),
    // A bucket may have any number of writers.
    isWatched: isLooking || place.kind === "bucket",
  });
  if (!isLooking && place.kind === "folder") await announcePage(place.name, here);
  return here;
}

function nameOfUser(): string {
  return /^[A-Za-z0-9._-]{1,64}$/.test(process.env.USER ?? "") ? process.env.USER! : "this-machine";
}
