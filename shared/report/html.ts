/**
 * Small pieces of HTML; everything that comes from outside is escaped here.
 * @module
 */

import { STYLE } from "./style.ts";

/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

/** Content of a page: text, which is escaped, HTML, or a list of both. */
export type Part = Html | string | number | readonly Part[];

function render(part: Part): string {
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(render).join("");
  return String(part).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Template tag: values are escaped unless they are {@link Html}.
 *
 * @param strings HTML
 * @param values between them
 * @returns HTML
 */
export function html(strings: TemplateStringsArray, ...values: Part[]): Html {
  return new Html(strings.reduce((text, string, index) => text + render(values[index - 1]!) + string));
}

/**
 * Text in which what stands between backticks can be pasted.
 *
 * @param text backticks come in pairs
 * @returns escaped pieces, those between backticks as `code`
 */
export function withCode(text: string): Html[] {
  return text.split("`").map((part, index) => index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`);
}

/**
 * A table from a head and rows. `kind`: a class of its own; `stacks`: on a narrow screen each row becomes a block with the
 * heads before its cells, so that nothing is cut. Without rows there is a word instead.
 *
 * @param head one cell a column
 * @param rows of cells
 * @param options class, and what a narrow screen shows
 * @returns HTML
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

/**
 * A whole page.
 *
 * @param headline stands below the title
 * @param title plain text
 * @param sections in order
 * @returns a whole HTML file
 */
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

/**
 * A section of the page with its explanation.
 *
 * @param title plain text
 * @param explanation plain text
 * @param content HTML
 * @returns HTML
 */
export function section(title: string, explanation: string, ...content: Html[]): Html {
  return html`<section><h2>${title}</h2><p class="note">${explanation}</p>${content}</section>`;
}

export {
  briefly,
  byteSize,
  describeDrop,
  describeEstimate,
  describeInterval,
  describeSteps,
  duration,
  figure,
} from "./figure_words.ts";
