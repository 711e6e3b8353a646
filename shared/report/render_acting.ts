/**
 * The report's section on how its newest version acts.
 * @module
 */
import { type Html, html, section, table } from "./html.ts";
import type { ReportData } from "./report_data.ts";

/**
 * A task a row; nothing where the version can only sample.
 *
 * @param data ways of the version that serves
 * @returns the section "Acting"
 */
export function acting({ acting: { version, ways }, tasks }: ReportData): Html {
  if (ways.length === 0) return html``;
  const nameOf = (task: number) => tasks.find((one) => one.task === task)?.name ?? "";
  return section(
    "Acting",
    `How version ${version}, which serves, acts: by the sampler (candidates of the diffusion, judged by the critic), the ` +
      "proposer (candidates in one step, judged by the critic) or the actor (an action in one step). The first of actor and " +
      "proposer that does nearly as well as the sampler is taken when a task is learnt, and kept until its score falls.",
    table(
      ["task", "name", "acts by", "compared when it was decided"],
      ways.map(({ task, acting, compared }) => [task, nameOf(task), html`<b>${acting}</b>`, compared || "–"]),
      { stacks: true },
    ),
  );
}
