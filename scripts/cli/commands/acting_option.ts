/**
 * The flag that says how to act.
 * @module
 */
import { WAYS_OF_ACTING } from "@cugro/protocol";
import { Option } from "commander";

/** `--acting`, for commands that ask a policy. */
export function actingOption(): Option {
  return new Option(
    "--acting <way>",
    "how to act: with candidates from the diffusion, with candidates in one step, or with one action in one step (default: as the version serves the task)",
  ).choices([...WAYS_OF_ACTING]);
}
