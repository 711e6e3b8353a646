/**
 * What is wrong and needs a person, in words, with commands that can be copied.
 * @module
 */
import type { StandingProblem } from "@cugro/client";
import { withCommands, withFlag } from "@cugro/problems/commands";
import { acknowledge } from "../acts/acts.ts";
import { ActButton } from "../acts/act_button.tsx";
import { CopyButton } from "./copy.tsx";

export function ProblemList({ problems }: { problems: readonly StandingProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <section class="problems" aria-labelledby="problems-title">
      <h2 id="problems-title">{problems.length === 1 ? "One problem" : `${problems.length} problems`}</h2>
      <ul>
        {problems.map((problem) => (
          <li key={problem.id} class={problem.severity}>
            <p class="user-text">
              <b>{problem.severity}:</b> <Advice text={problem.message} />
            </p>
            {problem.advice !== "" && (
              <p class="user-text">
                <Advice text={problem.advice} />
              </p>
            )}
            <p class="beside">
              <code>{problem.code}</code>
              {problem.since !== null && <>since {new Date(problem.since).toLocaleString()}</>}
              <ActButton act={acknowledge(problem)}>Acknowledge</ActButton>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Text in which the commands that it advises can be copied. */
function Advice({ text }: { text: string }) {
  // Backticks in a name that others chose mark no command.
  const marked = withCommands(
    text.replaceAll("`", "'"),
    (words) => `\`deno task cugro ${withFlag(words, `--url ${location.origin}`)}\``,
  );
  return (
    <>
      {marked.split("`").map((part, index) =>
        index % 2 === 0 ? part : (
          <span class="command" key={index}>
            <code>{part}</code> <CopyButton text={part} label={`Copy ${part}`} />
          </span>
        )
      )}
    </>
  );
}
