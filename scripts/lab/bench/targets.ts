/**
 * What the figures must show, as ratios within one run, and how they are printed.
 * @module
 */
import type { Figures } from "./measure.ts";

/** Ours and PyTorch's figures of one run. */
export interface BenchResult {
  ours: Figures;
  torch: Figures;
}

/** One judged figure. */
export interface Verdict {
  what: string;
  /** Undefined where something was not measured. */
  value: number | undefined;
  limit: number;
  atMost: boolean;
  ok: boolean | undefined;
}

interface Target {
  what: string;
  value: (result: BenchResult) => number;
  limit: number;
  atMost?: boolean;
}

/** Training steps and forwards: eager and compiled against PyTorch, compiled against eager. */
const steps: Target[] = [
  ["residual 512, eager", "residualTrainStepMs", undefined, undefined, 1.6],
  ["15 forwards 512, eager", "residual15ForwardsMs", undefined, undefined, 1.25],
  ["residual 512, compiled", "residualTrainStepMs", 0.65, 0.95, undefined],
  ["default network, compiled", "lnResNetBehaviorTrainStep512Ms", 0.45, 0.85, undefined],
  ["default behavior step, compiled", "defaultBehaviorTrainStepMs", 0.45, undefined, undefined],
].flatMap((row) => {
  const [what, name, ofEager, ofTorch, eagerOfTorch] = row as [string, string, number?, number?, number?];
  const targets: Target[] = [];
  const eager = ({ ours }: BenchResult) => ours[`${name}Eager`]!;
  const add = (text: string, value: Target["value"], limit: number | undefined) => {
    if (limit !== undefined) targets.push({ what: `${what} / ${text}`, value, limit });
  };
  add("PyTorch", (result) => eager(result) / result.torch[name]!, eagerOfTorch);
  add("eager", (result) => result.ours[name]! / eager(result), ofEager);
  add("PyTorch", (result) => result.ours[name]! / result.torch[name]!, ofTorch);
  return targets;
});

const rest: Target[] = [
  {
    what: "pairs/s eager / paper in PyTorch",
    value: ({ ours, torch }) => ours.defaultPairsPerSecondEager! / torch.paperPairsPerSecond!,
    limit: 40,
    atMost: false,
  },
  {
    what: "pairs/s compiled / paper in PyTorch",
    value: ({ ours, torch }) => ours.defaultPairsPerSecond! / torch.paperPairsPerSecond!,
    limit: 80,
    atMost: false,
  },
  {
    what: "pairs/s compiled / lnResNet10 in PyTorch",
    value: ({ ours, torch }) => ours.defaultPairsPerSecond! / torch.lnResNet10PairsPerSecond!,
    limit: 1.3,
    atMost: false,
  },
  {
    what: "sliced Wasserstein, default / 100 evaluations",
    value: ({ ours }) => ours.defaultSlicedWasserstein! / ours.hundredSlicedWasserstein!,
    limit: 1.1,
  },
  {
    what: "sliced Wasserstein, default / paper's sampler",
    value: ({ ours }) => ours.defaultSlicedWasserstein! / ours.paperSlicedWasserstein!,
    limit: 1.1,
  },
  {
    what: "20 HalfCheetah-v5: bridge / SyncVectorEnv",
    value: ({ ours }) => ours.bridgeToSync!,
    limit: 0.8,
    atMost: false,
  },
  { what: "decision for 1, eager, ms", value: ({ ours }) => ours.actOneObservationMsEager!, limit: 30 },
  { what: "decision for 1, compiled, ms", value: ({ ours }) => ours.actOneObservationMs!, limit: 4 },
  { what: "decision for 64, compiled, ms", value: ({ ours }) => ours.act64ObservationsMs!, limit: 20 },
  ...[["Safetensors", 150], ["Npz", 150], ["Hdf5Packed", 60]].map(([name, limit]): Target => ({
    what: `import ${name}, MB/s`,
    value: ({ ours }) => ours[`import${name}MBPerSecond`]!,
    limit: Number(limit),
    atMost: false,
  })),
  { what: "import of a large file, peak MB", value: ({ ours }) => ours.importLargePeakMB!, limit: 600 },
];

/** Acting without a tensor library: name of the figure, and its limit. */
const inference: Target[] = ([
  ["inferenceActorOneMsWasm", 0.3],
  ["inferenceActor64MsWasm", 5],
  ["inferenceProposerOneMsWasm", 2],
  ["inferenceProposer64MsWasm", 120],
  ["inferenceActorMB", 2],
  ["inferenceProposerMB", 5],
  ["inferenceThousandActorsMB", 2_000],
] as const).map(([name, limit]) => ({ what: name, value: ({ ours }) => ours[name]!, limit }));

/** Acting by an actor through the gateway: name of the figure, its limit, and whether that is the most. */
const serving: Target[] = ([
  ["gatewayOneClientP50MsActor", 2, true],
  ["gateway16ClientsP99MsActor", 15, true],
  ["gatewayToBareHonoActor", 0.4, false],
  ["decisionsPerSecond64RowsActor", 20_000, false],
  ["natsActP50MsActor", 1, true],
] as const).map(([name, limit, atMost]) => ({ what: name, value: ({ ours }) => ours[name]!, limit, atMost }));

/**
 * Judges every target; those that were not measured have no verdict.
 *
 * @param result of the benchmarks
 * @returns a verdict for each target
 */
export function judge(result: BenchResult): Verdict[] {
  return [...steps, ...rest, ...inference, ...serving].map(({ what, value: read, limit, atMost = true }) => {
    const value = read(result);
    if (!Number.isFinite(value)) return { what, value: undefined, limit, atMost, ok: undefined };
    return { what, value, limit, atMost, ok: atMost ? value <= limit : value >= limit };
  });
}

/**
 * Two tables: all figures (compiled, eager, PyTorch), then the verdicts.
 *
 * @param result of the benchmarks
 * @param verdicts of {@link judge}
 * @returns Markdown
 */
export function printTables(result: BenchResult, verdicts: readonly Verdict[]): string {
  const names = [...new Set([...Object.keys(result.ours), ...Object.keys(result.torch)])]
    .filter((name) => !(name.endsWith("Eager") && name.slice(0, -5) in result.ours));
  const figures = names.map((name) => [
    name,
    digits(result.ours[name]),
    digits(result.ours[`${name}Eager`]),
    digits(result.torch[name]),
  ]);
  const judged = verdicts.filter(({ ok }) => ok !== undefined).map(({ what, value, limit, atMost, ok }) => [
    what,
    digits(value),
    `${atMost ? "<=" : ">="} ${limit}`,
    ok ? "ok" : "MISSED",
  ]);
  return [
    align([["figure", "ours", "eager", "PyTorch"], ...figures]),
    align([["target", "value", "limit", ""], ...judged]),
  ].join("\n\n");
}

function digits(value: number | undefined): string {
  if (value === undefined) return "-";
  return value >= 1_000 ? value.toFixed(0) : value.toPrecision(3);
}

/** First column to the left, the others to the right. */
function align(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)).join(
      "  ",
    )
      .trimEnd()
  ).join("\n");
}
