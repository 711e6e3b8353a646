/**
 * `MODEL_CARD.md` of a bundle: what a person must know before the policy acts anywhere, in a page.
 * @module
 */
import { describeEnvironment } from "@cugro/protocol";
import type { BundleModel, NotWritten } from "./bundle_files.ts";
import { CHECKED_INPUTS, CHECKED_WITHIN } from "./checking/check_model.ts";
import type { RowRecord, ScoreRecord, TaskRecord, VersionRecord } from "./version_record.ts";

const ABOUT: Readonly<Record<string, string>> = {
  actor: "observation, task → action in one pass",
  proposer: "observation, task, noise → action: one-step candidates, weighed by the critic",
  sampler: "observation, task, noise → action: the whole diffusion, candidates weighed by the critic",
  critic: "observation, task, action → the return it is worth",
  generators: "task, noise → a state of the task and an action in it (the replay)",
};

/**
 * The page about a version, `MODEL_CARD.md`.
 *
 * @param models those of the bundle
 * @param notWritten those that are missing, and why
 * @returns Markdown
 */
export function modelCard(
  record: VersionRecord,
  models: readonly BundleModel[],
  notWritten: readonly NotWritten[],
): string {
  return [
    ...headLines(record),
    ...taskLines(record),
    ...ACT_LINES,
    ...fileLines(models, notWritten),
    ...scoreLines(record),
    ...limitLines(record.lineage),
    "",
  ].join("\n");
}

function headLines({ learner, version, state, reasons, tasks }: VersionRecord): string[] {
  const many = tasks.length === 1 ? "one task" : `${tasks.length} tasks`;
  const why = reasons.length > 0 ? ` (${reasons.join("; ")})` : "";
  return [
    `# ${learner}, version ${version}`,
    "",
    `A policy for ${many}, learnt from recorded data one task after the other (CuGRO, arXiv 2404.10662). This version is **${state}**${why}.`,
    "",
  ];
}

function taskLines({ tasks, scores, version }: VersionRecord): string[] {
  const row = scores.find((one) => one.version === version);
  return [
    "## Tasks",
    "",
    "Score: 0 is a random policy, 100 the one that the data comes from; in brackets a 90 % interval over episodes.",
    "",
    "| task | environment | observations | actions | acts by | score |",
    "|---|---|---|---|---|---|",
    ...tasks.map((task) => taskLine(task, row)),
    "",
    ...tasks.filter(({ ways }) => ways.length > 0).map(waysLine),
    "Observations and actions are raw: scaling, limits and everything else is inside. Order of the observations: `bundle.json`.",
    "",
  ];
}

const ACT_LINES = [
  "## Act",
  "",
  "```sh",
  "python cugro_policy.py                            # self-test; Policy(folder).act(observation, task=1)",
  "g++ -std=c++17 -O3 -x c++ -DCUGRO_SELF_TEST cugro_policy.hpp -o selftest && ./selftest .",
  "node cugro_policy.mjs                             # self-test; in a page: await loadPolicy(url)",
  "```",
  "",
];

function fileLines(models: readonly BundleModel[], notWritten: readonly NotWritten[]): string[] {
  return [
    "## Files",
    "",
    "| file | what |",
    "|---|---|",
    ...models.map(({ model, file }) => `| \`${file}\` | ${ABOUT[model]} |`),
    "| `weights.safetensors` | all that the three loaders read |",
    "| `selftest.safetensors` | 256 inputs with their outputs |",
    "| `bundle.json` | tasks, limits, scores of every version, lineage, hashes of these files |",
    "",
    `Each graph (ONNX, set 17 of operators) gave what the policy gives, to ${CHECKED_WITHIN}, on ${CHECKED_INPUTS} random inputs before it was written (but for 1 in 100 at most, which the last digit decides).`,
    ...notWritten.map(({ model, reason }) => `No \`${model}.onnx\`: ${reason}.`),
    "",
  ];
}

function scoreLines({ tasks, scores }: VersionRecord): string[] {
  return [
    "## Scores of every version",
    "",
    `| version | state | ${tasks.map(({ task }) => `task ${task}`).join(" | ")} |`,
    `|---|---|${tasks.map(() => "---").join("|")}|`,
    ...scores.map((row) =>
      `| ${row.version} | ${row.state} | ${tasks.map(({ task }) => scoreOf(row, task)).join(" | ")} |`
    ),
    "",
  ];
}

function limitLines({ datasets, codeVersion }: VersionRecord["lineage"]): string[] {
  return [
    "## Limits",
    "",
    "- Outside the states that the data reached nothing is known; observations further out than one and a half times the data's range are clamped to that.",
    "- Scores are of the environments and starts named above, and of nothing else. Without a simulator there are none.",
    ...datasets.map(({ task, rows, episodes, datasetHash }) =>
      `- Task ${task} was learnt from ${rows} steps of ${episodes} episodes (dataset ${
        datasetHash.slice(0, 12)
      }…).`
    ),
    `- Code: ${codeVersion}. Jobs, weights and datasets by their hashes: \`bundle.json\`, \`lineage\`.`,
  ];
}

function taskLine(
  { task, name, environment, observations, actions, acting }: TaskRecord,
  row: RowRecord | undefined,
): string {
  const where = environment ? describeEnvironment(environment) : "no simulator";
  const moves = "discrete" in actions ? `${actions.discrete} discrete` : `${actions.count}`;
  return `| ${task}: ${name} | ${where} | ${observations.count} | ${moves} | ${acting} | ${
    row ? scoreOf(row, task) : "–"
  } |`;
}

function waysLine({ task, ways }: TaskRecord): string {
  const tried = ways.map(({ acting, passed, reason, score }) =>
    `${acting} ${passed ? "does as well" : "does not"}${score === undefined ? "" : ` (${score.toFixed(1)})`}${
      reason === undefined ? "" : `: ${reason}`
    }`
  );
  return `Ways of acting compared in task ${task}: ${tried.join("; ")}.\n`;
}

function scoreOf({ scores }: RowRecord, task: number): string {
  const score = scores.find((one) => one.task === task);
  return score === undefined || score.mean === null ? "–" : described(score);
}

function described({ mean, low, high, episodes, isSuccess }: ScoreRecord): string {
  const interval = low === null || high === null ? "" : ` [${low.toFixed(1)}, ${high.toFixed(1)}]`;
  return `${mean!.toFixed(1)}${isSuccess ? " % success" : ""}${interval} (${episodes} episodes)`;
}
