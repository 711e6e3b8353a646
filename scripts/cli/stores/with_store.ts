/**
 * Stores and backups that a command opens and closes.
 * @module
 */
import process from "node:process";
import type { Store } from "@cugro/store";
import { openForReading, openForWriting } from "../learners/stores_of_flags.ts";

/** A backup on another server than the store: its way in, where it is not the store's. */
const BACKUP_VARIABLES = /^CUGRO_BACKUP_(S3_.+)$/;

/** Opens a store to read it, uses it, closes it. */
export async function withSource<T>(name: string, use: (store: Store) => Promise<T>): Promise<T> {
  return await used(openForReading(name), use);
}

/** The same of one that is written. */
export async function withTarget<T>(name: string, use: (store: Store) => Promise<T>): Promise<T> {
  return await used(openForWriting(name), use);
}

/** Opens a backup to read it, uses it, closes it. */
export async function withBackup<T>(name: string, use: (backup: Store) => Promise<T>): Promise<T> {
  return await used(openForReading(name, backupVariables()), use);
}

/** The same of one that is written. */
export async function withWrittenBackup<T>(name: string, use: (backup: Store) => Promise<T>): Promise<T> {
  return await used(openForWriting(name, backupVariables()), use);
}

async function used<T>(opening: Promise<Store>, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await opening;
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** The store's variables, unless there are any of the backup's own: then these alone. */
function backupVariables(): Record<string, string | undefined> {
  const own = Object.entries(process.env).flatMap(([name, value]) => {
    const rest = BACKUP_VARIABLES.exec(name)?.[1];
    return rest === undefined ? [] : [[`CUGRO_${rest}`, value] as const];
  });
  return own.length === 0 ? process.env : Object.fromEntries(own);
}
