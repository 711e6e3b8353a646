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
    "how to act: by the diffusion's candidates, by candidates or an action in one step (as the version serves the task, if left out)",
  ).choices([...WAYS_OF_ACTING]);
}
