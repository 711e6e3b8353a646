/**
 * What a task's episodes run in, and how their returns are scored.
 * @module
 */
import { z } from "zod";

/** A simulator's task: family of robots, and the goal. */
export const environmentSchema = z.object({ family: z.string(), goal: z.array(z.number()) });
/** See {@link environmentSchema}. */
export type EnvironmentRef = z.infer<typeof environmentSchema>;

/** Returns that score 0 and 100, and where they come from. */
export const anchorsSchema = z.object({ random: z.number(), good: z.number(), source: z.string() });
/** See {@link anchorsSchema}. */
export type Anchors = z.infer<typeof anchorsSchema>;
