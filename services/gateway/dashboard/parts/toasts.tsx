/**
 * Notices of finished acts, shown for a while, with the command and the request that do the same.
 * @module
 */
import { signal } from "@preact/signals";
import type { Doing } from "../state/command_lines.ts";
import { DoingLines } from "./doing_lines.tsx";

/** The most that are shown at once. */
const MOST = 3;
/** A notice without a fault disappears after this time (ms). */
const SHOWN_MS = 15_000;

interface Toast {
  id: number;
  text: string;
  isFault: boolean;
  doing: Doing | undefined;
}

const shownToasts = signal<readonly Toast[]>([]);
let count = 0;

/** Shows a notice. */
export function showToast(
  text: string,
  { isFault = false, doing }: { isFault?: boolean; doing?: Doing } = {},
): void {
  const one = { id: ++count, text, isFault, doing };
  shownToasts.value = [...shownToasts.value, one].slice(-MOST);
  if (!isFault) setTimeout(() => forget(one.id), SHOWN_MS);
}

function forget(id: number): void {
  shownToasts.value = shownToasts.value.filter((one) => one.id !== id);
}

/** The notices that are shown. */
export function Toasts() {
  return (
    <div class="toasts" role="status">
      {shownToasts.value.map(({ id, text, isFault, doing }) => (
        <div class={isFault ? "toast fault" : "toast"} key={id}>
          <p>{text}</p>
          {doing && (
            <details>
              <summary>As command and curl</summary>
              <DoingLines doing={doing} />
            </details>
          )}
          <button
            type="button"
            class="small"
            aria-label="Close this notice"
            onClick={() =>
              forget(id)}
          >
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
