/**
 * A store that is full while a command learns: reported once, then at growing intervals; the command waits, goes on by itself
 * once there is room, and ends when it has waited long enough.
 * @module
 */

/** The notice is repeated after this time, and then after twice as long each time. */
const REPEAT_MS = 60_000;

/** Signs from the store. */
export interface RoomWatch {
  /** Something could not be written. `message`: the store's own sentence. */
  full(message: string): void;
  /** A real object was written. */
  room(): void;
  close(): void;
}

/** How a watch is set up. */
export interface RoomWatchOptions {
  note: (text: string) => void;
  /** Called once, when the store has been full for `waitMs`. */
  onGivenUp: (error: Error) => void;
  waitMs: number;
  /** @default REPEAT_MS */
  repeatMs?: number;
  /** Milliseconds on a clock that never goes back. */
  now?: () => number;
}

/** Whether a logged error is that of a full store. */
export function isFull(error: unknown): error is string {
  return typeof error === "string" && error.startsWith("StoreFull: ");
}

/** Watches a store from its first report of being full to the next write that succeeds. */
export function watchRoom(options: RoomWatchOptions): RoomWatch {
  const { note, onGivenUp, waitMs, repeatMs = REPEAT_MS, now = () => performance.now() } = options;
  let since: number | undefined;
  let nextAt = Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begin = (where: string) => {
    since = now();
    nextAt = since + repeatMs;
    if (waitMs > 0) {
      note(
        `${where}. Free some space on its disk: the run waits and continues by itself once there is room; ` +
          `it ends after ${lasting(waitMs)} without`,
      );
    }
    timer = setTimeout(() => onGivenUp(new Error(describeEnd(where, waitMs))), waitMs);
  };
  const repeat = (since: number) => {
    const waited = now() - since;
    note(`Still no room after ${lasting(waited)}; the run ends in ${lasting(Math.max(0, waitMs - waited))}`);
    nextAt = now() + waited;
  };
  return {
    full(message) {
      if (since === undefined) begin(whereOf(message));
      else if (now() >= nextAt) repeat(since);
    },
    room() {
      if (since === undefined) return;
      clearTimeout(timer);
      since = undefined;
      note("There is room again: the run goes on");
    },
    close: () => clearTimeout(timer),
  };
}

/** Which store is full, and on which key, without the advice for commands that have ended. */
function whereOf(message: string): string {
  const text = message.replace(/^StoreFull: /, "");
  return /^.*? is full \(.*?\)(?=\. |$)/.exec(text)?.[0] ?? text;
}

function describeEnd(where: string, waitMs: number): string {
  const waited = waitMs > 0 ? `, and there was no room for ${lasting(waitMs)}` : "";
  return `${where}${waited}: stopped. Nothing is lost: free some space there (cugro gc removes what is no longer ` +
    `needed), then start the same command again; it resumes where it stopped`;
}

function lasting(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
