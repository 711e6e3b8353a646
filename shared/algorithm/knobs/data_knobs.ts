/**
 * Knobs of the new task's own data.
 * @module
 */
import { whole } from "./knob.ts";

/** The chapter's rows. */
export const dataKnobs = {
  // Below a thousand rows too few are held out to judge the replay by.
  maxTrainingRows: whole({
    about:
      "At most this many rows of a new task are read by its trainings, the held-out tenth included; of more, runs spread over the whole.",
    range: [1_000, 1e9],
    values: { paper: 1e9, default: 1e6, smoke: 1e6 },
    readBy: ["plan"],
  }),
};
