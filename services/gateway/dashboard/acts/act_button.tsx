/**
 * A button that begins an act; absent where the token lacks the right.
 * @module
 */
import type { ComponentChildren } from "preact";
import type { TokenView } from "@cugro/client";
import { may } from "../state/page_session.ts";
import { type Act, ask, type OpenDialog, openDialog } from "./open_act.ts";

/** Begins an act that is one question. */
export function ActButton({ act, children }: { act: Act; children: ComponentChildren }) {
  if (!may(act.scope)) return null;
  return <button type="button" class="small" onClick={() => ask(act)}>{children}</button>;
}

/** Opens a dialog that does what needs this scope. */
export function DialogButton(
  { scope, dialog, kind = "small", children }: {
    scope: TokenView["scopes"][number];
    dialog: OpenDialog;
    kind?: string;
    children: ComponentChildren;
  },
) {
  if (!may(scope)) return null;
  return <button type="button" class={kind} onClick={() => (openDialog.value = dialog)}>{children}</button>;
}
