/**
 * Small pieces of HTML; everything that comes from outside is escaped here.
 * @module
 */

import type { CellEstimate } from "@cugro/protocol";
import { STYLE } from "./style.ts";

/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | readonly Part[];

function render(part: Part): string {
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(render).join("");
  return String(part).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Template tag: values are escaped unless they are {@link Html}. */
export function html(strings: TemplateStringsArray, ...values: Part[]): Html {
  return new Html(strings.reduce((text, string, index) => text + render(values[index - 1]!) + string));
}

/** Text in which what stands between backticks can be pasted. */
export function withCode(text: string): Html[] {
  return text.split("`").map((part, index) => index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`);
}

/**
 * A table from a head and rows. `kind`: a class of its own; `stacks`: on a narrow screen each row becomes a block with the
 * heads before its cells, so that nothing is cut. Without rows there is a word instead.
 */
export function table(
  head: readonly Part[],
  rows: readonly (readonly Part[])[],
  { kind = "", stacks = false }: { kind?: string; stacks?: boolean } = {},
): Html {
  if (rows.length === 0) return html`<p class="note">None yet.</p>`;
  const cells = (row: readonly Part[]) =>
    row.map((cell, column) =>
      stacks
        ? html`<td><span class="label">${head[column] ?? ""}</span><div>${cell}</div></td>`
        : html`<td>${cell}</td>`
    );
  return html`
    <div class="${stacks ? "stacks" : "scroll"}">
      <table class="${kind}">
        <thead>
          <tr>${head.map((cell) => html`<th>${cell}</th>`)}</tr>
        </thead>
        <tbody>${rows.map((row) => html`<tr>${cells(row)}</tr>`)}</tbody>
      </table>
    </div>
  `;
}

/** A whole page. @param headline stands below the title */
export function page(title: string, headline: Part, ...sections: Html[]): string {
  const body = html`
    <header>
      <h1>${title}</h1>
      <p>${headline}</p>
    </header>
    <main>${sections}</main>
  `;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html`CuGRO report: ${title}`.text}</title><style>${STYLE}</style></head>
<body>${body.text}</body></html>\n`;
}

/** A section of the page with its explanation. */
export function section(title: string, explanation: string, ...content: Html[]): Html {
  return html`<section><h2>${title}</h2><p class="note">${explanation}</p>${content}</section>`;
}

/** Steps that were done, and what was asked for where a limit cut it: `60 of 6,000 (maxGeneratorSteps)`. */
export function describeSteps(
  { done, asked, cutBy }: { done: number | null; asked: number; cutBy: string | null },
): string {
  const count = (value: number | null) => value === null ? "–" : value.toLocaleString("en-US");
  return cutBy === null ? count(done) : `${count(done)} of ${count(asked)} asked for (${cutBy})`;
}

/** A number with a sensible count of digits, or a dash. */
export function figure(value: number | null | undefined, digits = 1): string {
  return value === null || value === undefined || !Number.isFinite(value) ? "–" : value.toFixed(digits);
}

/** A 90 % interval with the number of episodes that it is over; from too few of them there is the number alone. */
export function describeInterval(
  { low, high, episodes }: { low: number | null; high: number | null; episodes: number },
): string {
  const count = `n = ${episodes}`;
  return low === null || high === null ? count : `${figure(low)} … ${figure(high)}, ${count}`;
}

/** An estimate in points: `81.0 (70.2 … 91.8), lost 12.1 (3.3 … 20.9)`. */
export function describeEstimate(estimate: CellEstimate | null | undefined): string {
  if (!estimate) return "–";
  const one = ({ mean, low, high }: CellEstimate["score"]) =>
    `${figure(mean)} (${figure(low)} … ${figure(high)})`;
  return `${one(estimate.score)}${estimate.drop ? `, lost ${one(estimate.drop)}` : ""}`;
}

/** The old task that has lost most, with interval, or a dash where there is no old task. */
export function describeDrop(
  drop: {
    task: number;
    best: number;
    drop: number;
    low: number | null;
    high: number | null;
    episodes: number;
  } | null,
): string {
  return drop === null
    ? "–"
    : `${figure(drop.drop)} (${describeInterval(drop)}; task ${drop.task} since version ${drop.best})`;
}

/** A number of any size with four significant digits, or a dash. */
export function briefly(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value)
    ? "–"
    : String(Number(value.toPrecision(4)));
}

/** Bytes as a person reads them. */
export function byteSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(value < 10 && unit > 0 ? 2 : unit === 0 ? 0 : 1)} ${units[unit]}`;
}

/** Seconds as a person reads them. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
