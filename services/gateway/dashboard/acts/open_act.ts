/**
 * What a person may do: what it is called, what it needs, what will happen, and how it is done.
 * @module
 */
import { signal } from "@preact/signals";
import type { TokenView } from "@cugro/client";
import type { Doing } from "../state/command_lines.ts";

/** One act on an existing learner, task, version or problem. */
export interface Act {
  title: string;
  /** What will happen, in sentences, shown before it does. */
  before: readonly string[];
  /** On the button that does it. */
  verb: string;
  scope: TokenView["scopes"][number];
  isDestructive?: boolean;
  /** The request for this reason. */
  doing: (reason: string | undefined) => Doing;
  /** Does it. @returns what has happened, in a sentence */
  run: (reason: string | undefined) => Promise<string>;
}

/** Dialogs that are more than a question. */
export type OpenDialog =
  | { kind: "act"; act: Act }
  | { kind: "add task"; learner: string; file: File | undefined }
  | { kind: "relabel"; learner: string; task: number }
  | { kind: "evaluate"; learner: string; version: number }
  | { kind: "export"; learner: string; version: number }
  | { kind: "new learner" }
  | { kind: "keys" };

/** The dialog that is open. */
export const openDialog = signal<OpenDialog | undefined>(undefined);

/** Asks whether an act is to be done. */
export function ask(act: Act): void {
  openDialog.value = { kind: "act", act };
}

/** Closes what is open. */
export function closeDialog(): void {
  openDialog.value = undefined;
}
