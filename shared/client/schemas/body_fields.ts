/**
 * What bodies of requests are made of, for those who mistype it.
 * @module
 */
import { didYouMean } from "@cugro/algorithm/knobs";
import { newConfigSchema, newLearnerSchema, retrySchema } from "./learner_schemas.ts";
import { newWebhookSchema, webhookChangeSchema } from "./webhook_schemas.ts";

const SCHEMAS = [newLearnerSchema, newConfigSchema, retrySchema, newWebhookSchema, webhookChangeSchema];
const FIELDS = SCHEMAS.flatMap(({ shape }) => Object.keys(shape));

/**
 * The field that was most likely meant, as the end of a sentence about unknown ones; empty where none is near.
 *
 * @param unknown names
 * @returns `: did you mean x?`, or an empty text
 */
export function likelyField(unknown: readonly string[]): string {
  return unknown.map((key) => didYouMean(key, FIELDS)).find((text) => text !== "") ?? "";
}
