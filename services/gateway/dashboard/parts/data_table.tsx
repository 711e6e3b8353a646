/**
 * A table that scrolls by itself where it is wider than its container.
 * @module
 */
import type { ComponentChildren } from "preact";

/** A table with its heads; the children are the rows of its body. */
export function DataTable(
  { label, heads, foot, kind, children }: {
    label: string;
    heads: readonly string[];
    foot?: ComponentChildren;
    kind?: string;
    children: ComponentChildren;
  },
) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table class={kind}>
        <thead>
          <tr>{heads.map((head) => <th scope="col" key={head}>{head}</th>)}</tr>
        </thead>
        <tbody>{children}</tbody>
        {foot !== undefined && <tfoot>{foot}</tfoot>}
      </table>
    </div>
  );
}
