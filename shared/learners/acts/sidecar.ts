/**
 * A dropped file's sidecar, `<file>.json`: how the file is to be read, and whether it is a task of its own. It is dropped before the file.
 * @module
 */
import { type Reading, readingOf, readingSchema } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { z } from "zod";

const MOST_BYTES = 10_000;
const sidecarSchema = readingSchema.extend({ asNewTask: z.boolean().exactOptional() });

/**
 * Whether a name is that of a sidecar, which is never a dataset itself.
 *
 * @param key of an object of `incoming/`
 * @returns by its ending
 */
export function isSidecar(key: string): boolean {
  return key.toLowerCase().endsWith(".json");
}

/**
 * Where the sidecar of a file lies.
 *
 * @param key of a file
 * @returns its key with `.json` behind it
 */
export function sidecarOf(key: string): string {
  return `${key}.json`;
}

/** The contents of a sidecar. */
export interface SidecarNotes {
  reading?: Reading;
  /** That it is a task of its own, whatever is in it. */
  asNewTask?: true;
  /** Why it cannot be understood. */
  refused?: string;
  /** The sidecar's etag. */
  sidecar?: string;
}

/**
 * What a file's sidecar says; nothing where there is none.
 *
 * @param key of the file
 * @returns the sidecar's etag and values; `refused` says why it cannot be used, which refuses the file
 */
export async function readSidecar(store: Store, key: string): Promise<SidecarNotes> {
  const name = sidecarOf(key);
  const info = await store.head(name);
  if (!info) return {};
  const sidecar = info.etag;
  const because = (fault: string) => ({ sidecar, refused: `its sidecar ${name.split("/").at(-1)} ${fault}` });
  if (info.size > MOST_BYTES) return because(`has ${info.size} bytes: at most ${MOST_BYTES}`);
  const object = await store.get(name);
  if (!object) return {};
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(object.bytes));
  } catch {
    return because("is not JSON");
  }
  const parsed = sidecarSchema.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    return because(`cannot be used: ${path.length > 0 ? `${path.map(String).join(".")}: ` : ""}${message}`);
  }
  const reading = readingOf(parsed.data);
  return {
    sidecar,
    ...(reading === undefined ? {} : { reading }),
    ...(parsed.data.asNewTask ? { asNewTask: true } : {}),
  };
}
