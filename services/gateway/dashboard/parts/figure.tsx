/**
 * A figure with its title, and where it comes from.
 * @module
 */
import type { ComponentChildren } from "preact";
import { type Source, SourceNote } from "./source_note.tsx";

/** A section of the page. `isWide`: it takes the whole width, however wide the screen is. */
export function Figure(
  { id, title, note, source, isWide = false, children }: {
    id: string;
    title: string;
    note?: string | undefined;
    source: Source;
    isWide?: boolean;
    children: ComponentChildren;
  },
) {
  return (
    <section class={isWide ? "figure wide" : "figure"} id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {note !== undefined && <p class="note">{note}</p>}
      {children}
      <SourceNote source={source} />
    </section>
  );
}
