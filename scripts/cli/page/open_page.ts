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

/** What is shown, and what the page may do with it. */
export interface PageOptions {
  place: Place;
  store: Store;
  bus: EmbeddedBus;
  /** Why it may only look: a name for the person who looks. @default it may do everything */
  readOnlyAs?: string;
}

/** Serves it until it is closed. A command that asks for the page of this folder meanwhile finds it by the folder's lock. */
export async function openPage({ place, store, bus, readOnlyAs }: PageOptions): Promise<ShownPage> {
  const isLooking = readOnlyAs !== undefined;
  const here = await serveHere({
    ...{ store, bus, scope: isLooking ? "read" : "admin", name: readOnlyAs ?? nameOfUser() },
    log: createLog({ level: process.env.CUGRO_LOG === undefined ? "error" : "info" }),
    // A bucket has as many writers as it likes.
    isWatched: isLooking || place.kind === "bucket",
  });
  if (!isLooking && place.kind === "folder") await announcePage(place.name, here);
  return here;
}

function nameOfUser(): string {
  return /^[A-Za-z0-9._-]{1,64}$/.test(process.env.USER ?? "") ? process.env.USER! : "this-machine";
}
