/**
 * A gate that could judge nothing, refused where there is something to judge. Pure.
 * @module
 */
import { type Hyperparameters, KnobError, MIN_EPISODES } from "@cugro/algorithm/knobs";
import { describeEnvironment } from "@cugro/protocol";
import { type LearnerFacts, taskState } from "../facts/learner_facts.ts";
import { blindGate } from "../results/gate.ts";

/**
 * Refuses a gate that enforces and could not judge a task that is simulated, where it could before.
 *
 * @param facts of the learner
 * @param knobs those that are wanted
 * @param before those that hold now
 * @throws {KnobError} naming the task, and what to set
 */
export function refuseBlind(facts: LearnerFacts, knobs: Hyperparameters, before: Hyperparameters): void {
  const blind = blindGate(knobs);
  if (blind === undefined || blind === blindGate(before)) return;
  const simulated = facts.tasks.find((task) =>
    task.environment !== null && !["cancelled", "withdrawn"].includes(taskState(facts, task.task))
  );
  if (!simulated) return;
  throw new KnobError(
    `Cannot set these knobs together: ${blind}, and task ${simulated.task} is simulated (${
      describeEnvironment(simulated.environment!)
    }). Instead, set evaluationEpisodes=${MIN_EPISODES} or more, or gate=observe`,
  );
}
