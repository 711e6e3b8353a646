/**
 * Shapes of what a task's episodes are run in, and of what is measured of it.
 * @module
 */
import type { JsonObject } from "@cugro/protocol";
import { z } from "@hono/zod-openapi";

const kwargs: z.ZodType<JsonObject> = z.record(z.string(), z.any());

/** A simulator of this project by family and goal, or an environment of Gymnasium. */
export const taskEnvironmentSchema = z.union([
  z.object({ family: z.string(), goal: z.array(z.number()) }),
  z.object({
    gymnasium: z.string(),
    kwargs: kwargs.exactOptional(),
    wrappers: z.array(z.object({ name: z.string(), kwargs })).exactOptional(),
    maxEpisodeSteps: z.int().min(1).exactOptional(),
  }),
]).openapi({ description: "What its episodes are run in: of this project, or of Gymnasium" });

/** Faults of a simulator that is not part of this project. */
export const simulatorNotes = {
  lostEpisodes: z.int().min(1).exactOptional().openapi({
    description: "Without a return, since the simulator died in them",
  }),
  notRun: z.string().exactOptional().openapi({ description: "Why the environment was not run" }),
};
