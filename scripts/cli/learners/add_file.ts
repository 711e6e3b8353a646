/**
 * A file, or a folder that is one dataset, put into a store for a learner.
 * @module
 */
import type { Becoming } from "@cugro/client";
import { addUploaded, loadFacts, standingRejections, type Upload } from "@cugro/learners";
import type { Reading } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { HandedOver } from "./learners.ts";

/** A file, read twice, so that what has arrived before is not written again. */
async function fileAt(path: string): Promise<Pick<Upload, "fileName" | "body" | "contentHash">> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return { fileName: basename(path), body: createReadStream(path), contentHash: hash.digest("hex") };
}

/** Hands a file to a learner, with flat memory; or a folder that is one dataset. */
export async function addFile(
  store: Store,
  learner: string,
  path: string,
  reading?: Reading,
  options: Becoming = {},
): Promise<HandedOver> {
  const { packFolder } = await import("@cugro/datasets");
  const file = await packFolder(path) ?? await fileAt(path);
  const { arrival, added } = await addUploaded({ store, learner, ...file, reading, ...options });
  const rejections = added ? [] : standingRejections(await loadFacts(store, learner));
  const reason = rejections.find(({ seq }) => seq === arrival.seq)?.reason ?? null;
  return { seq: arrival.seq, added, reason };
}
