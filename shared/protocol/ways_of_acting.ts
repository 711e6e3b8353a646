/**
 * How an action may be chosen.
 * @module
 */
import { z } from "zod";

/** Ways of acting, those that cost most first: see the glossary. They are tried from the last to the first. */
export const WAYS_OF_ACTING = ["sampler", "proposer", "actor"] as const;
/** One of {@link WAYS_OF_ACTING}: how a policy acts. */
export const wayOfActingSchema = z.enum(WAYS_OF_ACTING);
/** One of {@link WAYS_OF_ACTING}. */
export type WayOfActing = typeof WAYS_OF_ACTING[number];
