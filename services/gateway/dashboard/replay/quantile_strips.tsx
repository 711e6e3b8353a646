/**
 * Each dimension by itself: how the real held-out rows spread, and beside it the pseudo-samples of each generation.
 * @module
 */
import type { Memory } from "@cugro/client";
import { briefly } from "@cugro/report/words";
import { DataTable } from "../parts/data_table.tsx";
import type { Origin } from "./remembered.ts";

/** Places among 32 levels: about 5, 25, 50, 75 and 95 %. */
const LEVELS = [1, 8, 16, 23, 30] as const;
const [WIDTH, ROW] = [220, 11];

/** The quantiles of each dimension, one strip for each origin. */
export function QuantileStrips({ memory, origins }: { memory: Memory; origins: readonly Origin[] }) {
  const withQuantiles = origins.filter(({ quantiles }) => quantiles !== null);
  const heads = [
    "dimension",
    "5 to 95 %, 25 to 75 % and the middle",
    ...withQuantiles.map(({ name }) => name),
  ];
  return (
    <DataTable label="Quantiles of each dimension" heads={heads} kind="strips">
      {memory.names.map((name, d) => {
        const real = memory.real!.quantiles[d]!;
        const all = [
          { key: "sketch", colour: 7, row: real },
          ...withQuantiles.map(({ key, colour, quantiles }) => ({
            ...{ key, colour, row: quantiles![d]! },
          })),
        ];
        return (
          <tr key={d}>
            <th scope="row" class="user-text">{name}</th>
            <td>
              <Strips rows={all} />
            </td>
            {withQuantiles.map(({ key, quantiles }) => <td key={key}>{shiftWords(real, quantiles![d]!)}</td>)}
          </tr>
        );
      })}
    </DataTable>
  );
}

function Strips({ rows }: { rows: readonly { key: string; colour: number; row: readonly number[] }[] }) {
  const ends = rows.flatMap(({ row }) => [row[LEVELS[0]]!, row[LEVELS[4]]!]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const x = (value: number) => 4 + (WIDTH - 8) * (value - low) / (high - low || 1);
  return (
    <svg class="quantile-strips" width={WIDTH} height={rows.length * ROW} aria-hidden="true">
      {rows.map(({ key, colour, row }, index) => {
        const [a, b, middle, c, d] = LEVELS.map((level) => x(row[level]!)) as [
          number,
          number,
          number,
          number,
          number,
        ];
        const y = (index + 0.5) * ROW;
        return (
          <g key={key} class={`line-${colour}`}>
            <line class="whisker" x1={a} x2={d} y1={y} y2={y} />
            <line class="box" x1={b} x2={c} y1={y} y2={y} />
            <circle cx={middle} cy={y} r={3} />
          </g>
        );
      })}
    </svg>
  );
}

/** How far the quantiles lie from the real ones on average, in spreads of the real ones. */
function shiftWords(real: readonly number[], pseudo: readonly number[]): string {
  const spread = real[LEVELS[4]]! - real[LEVELS[0]]!;
  const shift = real.reduce((sum, value, i) => sum + Math.abs(pseudo[i]! - value), 0) / real.length;
  return spread > 0 ? `${(100 * shift / spread).toFixed(1)} %` : briefly(shift);
}
