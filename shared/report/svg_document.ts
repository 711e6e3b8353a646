/**
 * The document in which pictures are drawn outside a browser.
 * @module
 */
import type { PlotOptions } from "@observablehq/plot";
import { parseHTML } from "linkedom";

// cast: linkedom does not type its document as the one that Plot asks for.
const window = parseHTML("<!doctype html><html><body></body></html>") as unknown as {
  document: NonNullable<PlotOptions["document"]>;
};

/** The one member of a browser's window that drawing needs. */
export const document: NonNullable<PlotOptions["document"]> = window.document;
