/**
 * Small pieces of HTML; everything that comes from outside is escaped here.
 * @module
 */

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

/** A table from a head and rows. */
export function table(head: readonly Part[], rows: readonly (readonly Part[])[]): Html {
  const cells = (row: readonly Part[]) => row.map((cell) => html`<td>${cell}</td>`);
  return html`
    <div class="scroll">
      <table>
        <thead>
          <tr>${head.map((cell) => html`<th>${cell}</th>`)}</tr>
        </thead>
        <tbody>${rows.map((row) => html`<tr>${cells(row)}</tr>`)}</tbody>
      </table>
    </div>
  `;
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
