/**
 * What a campaign showed: a line a run, a table of all.
 * @module
 */
import type { CampaignMode } from "./campaign.ts";
import { type Acted, type ActedShare, sumUp } from "./cluster/acted.ts";
import { quantile, redoneShare } from "./figures.ts";
import type { SeedReport } from "./run_seed.ts";

/** A campaign in figures; times in seconds. */
export interface Summary {
  mode: CampaignMode;
  runs: number;
  sound: number;
  violations: Record<string, number>;
  faults: number;
  /** Share of the steps that were done more than once. */
  redone: number;
  recovery: { all: Recovery; byFault: Record<string, Recovery> };
  /** Of requests to act, where there was a gateway. */
  acting?: Acted;
  seconds: number;
}

/** From the end of a fault to the next commit. */
export interface Recovery {
  count: number;
  p50: number;
  p99: number;
  longest: number;
}

/** One run in one line; what was violated below it, with the command that repeats it. */
export function describeReport(report: SeedReport, mode: CampaignMode): string {
  const { seed, family, store, faults, seconds, steps, crashes, violations, skipped, acting } = report;
  const verdict = violations.length === 0 ? "sound " : "FAILED";
  const redone = `${(100 * redoneShare([steps])).toFixed(1)} % again`;
  const line =
    `${String(seed).padStart(4)} ${verdict} ${seconds.toFixed(1).padStart(6)} s  ${store.padEnd(6)} ` +
    `${family}: ${faults} (${acting ? describeActed(acting.all) : redone}${
      crashes > 0 ? `, ${crashes} crashes` : ""
    }${skipped.length > 0 ? `, not done: ${skipped.join(", ")}` : ""})`;
  const wrong = violations.map(({ rule, detail }) => `       ${rule}: ${detail}`);
  if (wrong.length === 0) return line;
  const again = `deno task test:faults --seeds 1 --start ${seed}${
    mode === "stub" ? "" : ` --${mode}`
  } --keep`;
  return [line, ...wrong.slice(0, 12), `       repeat: ${again}`].join("\n");
}

function describeActed({ sent, answered, p99 }: ActedShare): string {
  return `${answered} of ${sent} acted, p99 ${p99} ms`;
}

/** The figures of all runs. */
export function summarise(reports: readonly SeedReport[], mode: CampaignMode): Summary {
  const violations: Record<string, number> = {};
  for (const { rule } of reports.flatMap((report) => report.violations)) {
    violations[rule] = (violations[rule] ?? 0) + 1;
  }
  const recoveries = reports.flatMap((report) => report.recoveries);
  const kinds = [...new Set(recoveries.map(({ fault }) => fault))].sort();
  return {
    mode,
    runs: reports.length,
    sound: reports.filter((report) => report.violations.length === 0).length,
    violations,
    faults: recoveries.length,
    redone: redoneShare(reports.map(({ steps }) => steps)),
    recovery: {
      all: recoveryOf(recoveries),
      byFault: Object.fromEntries(
        kinds.map((kind) => [kind, recoveryOf(recoveries.filter(({ fault }) => fault === kind))]),
      ),
    },
    ...(mode === "cluster" ? { acting: sumUp(reports.flatMap(({ acting }) => acting ?? [])) } : {}),
    seconds: reports.reduce((sum, report) => sum + report.seconds, 0),
  };
}

/** The figures as a table for people. */
export function summaryTable(
  { runs, sound, violations, redone, recovery, acting, seconds }: Summary,
): string {
  const row = (name: string, { count, p50, p99, longest }: Recovery) =>
    `  ${name.padEnd(14)} ${String(count).padStart(5)} ${
      [p50, p99, longest].map((s) => s.toFixed(2).padStart(8)).join("")
    }`;
  const broken = Object.entries(violations).map(([rule, count]) => `${rule} ${count}`).join(", ");
  return [
    `${sound} of ${runs} runs sound${broken ? `; violations: ${broken}` : ""}`,
    `work done again: ${(100 * redone).toFixed(1)} %; ${(seconds / runs).toFixed(1)} s a run`,
    `recovery (s)     faults     p50     p99 longest`,
    row("all", recovery.all),
    ...Object.entries(recovery.byFault).map(([name, figures]) => row(name, figures)),
    ...(acting ? [`acting: ${describeActed(acting.all)} in the worst run`] : []),
    ...Object.entries(acting?.byFault ?? {}).map(([name, share]) => `  ${name}: ${describeActed(share)}`),
  ].join("\n");
}

function recoveryOf(recoveries: readonly { ms: number }[]): Recovery {
  const seconds = recoveries.map(({ ms }) => ms / 1000);
  return {
    count: seconds.length,
    p50: quantile(seconds, 0.5),
    p99: quantile(seconds, 0.99),
    longest: quantile(seconds, 1),
  };
}
