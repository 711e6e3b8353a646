/**
 * Which events a webhook is to get: a pure question about its settings, and the facts' times.
 * @module
 */
import type { ObjectInfo } from "@cugro/store";
import { type CloudEvent, fitsPattern, type KeyKind, parseKey } from "@cugro/protocol";
import type { Webhook } from "./hooks.ts";

/** Older events are not begun with any more: longer than that no gateway was there. */
export const HORIZON_MS = 14 * 86_400_000;

/** Facts that may give rise to an event. */
const EVENT_FACTS: readonly (KeyKind | undefined)[] = [
  "task",
  "rejection",
  "taskFailure",
  "label",
  "version",
  "promoted",
  "withdrawn",
];

/**
 * The facts among these objects that could be some webhook's: it may have been there when they were written.
 *
 * @param infos everything under the learner's prefix
 * @param hooks all webhooks
 * @param now ms since 1970
 * @returns when each was written, by key
 */
export function candidates(
  infos: readonly ObjectInfo[],
  hooks: readonly Webhook[],
  now: number,
): Map<string, string> {
  const earliest = Math.min(...hooks.map(({ since }) => Date.parse(since)));
  const from = Math.max(earliest, now - HORIZON_MS);
  const recent = infos.filter(({ key, lastModified }) =>
    EVENT_FACTS.includes(parseKey(key)?.kind) && Date.parse(lastModified) >= from
  );
  return new Map(recent.map(({ key, lastModified }) => [key, lastModified]));
}

/**
 * Whether a webhook wants an event whose fact was written at `time`, by the revision that held then.
 *
 * @param event of the fact
 * @param time ISO 8601
 * @param webhook with its revisions
 * @returns false for what was written before the webhook was made
 */
export function isWanted({ since, revisions }: Webhook, event: CloudEvent, time: string): boolean {
  const at = Date.parse(time);
  if (at < Date.parse(since)) return false;
  const held = revisions.filter((revision) => Date.parse(revision.since) <= at).at(-1) ?? revisions[0]!;
  const { active, types, learners } = held.settings;
  return active && (types as readonly string[]).includes(event.type) &&
    learners.some((pattern) => fitsPattern(pattern, event.subject));
}
