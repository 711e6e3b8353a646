/**
 * Which processes a cluster has started: written down in its folder, and told to a guard that ends them when the command
 * ends without having stopped them, as by SIGKILL. What a crash of the machine or of both leaves behind is found by the
 * file at the next start.
 * @module
 */
import { isProcessAlive, processStart } from "@cugro/store/lock";
import { sleep } from "@cugro/async";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { killGroup } from "./program.ts";

/**
 * The guard reads the other end of a pipe that only the command holds. Each line adds or removes a process group; when
 * the pipe ends without "end", the command is gone, and so are the groups. Its own signals are not meant for it.
 */
const GUARD = `
trap '' INT TERM HUP QUIT
pids=' '
while read -r what pid; do
  case $what in
    +) pids="$pids$pid " ;;
    -) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
    end) exit 0 ;;
  esac
done
for pid in $pids; do kill -s KILL -- "-$pid" 2>/dev/null; done
`;
const GONE_MS = 10_000;
const GUARD_NAME = "guard";

/** A process that was written down. */
export interface KnownProcess {
  name: string;
  pid: number;
  /** Tells it from a later process with its pid. */
  identity: string;
}

/** The processes of a running cluster. */
export class ChildRegister {
  #known = new Map<number, KnownProcess>();
  #guard: ChildProcess | undefined;
  #closed = false;

  /** @param path of the file that the next start reads; its folder exists */
  constructor(private readonly path: string) {
    this.#startGuard();
  }

  /** A process was started; it leads a process group of its own. */
  add(name: string, pid: number): void {
    if (pid <= 0) return;
    this.#writeToGuard(`+ ${pid}`);
    this.#known.set(pid, { name, pid, identity: identityOf(pid) });
    this.#write();
  }

  /** A process has ended. */
  remove(pid: number): void {
    if (!this.#known.delete(pid)) return;
    this.#writeToGuard(`- ${pid}`);
    this.#write();
  }

  /** Every process has been stopped: none needs to be found or ended. */
  async close(): Promise<void> {
    this.#closed = true;
    const guard = this.#guard;
    const isThere = guard?.pid !== undefined && guard.exitCode === null && guard.signalCode === null;
    const gone = isThere ? once(guard, "close") : undefined;
    this.#writeToGuard("end");
    guard?.stdin?.end();
    rmSync(this.path, { force: true });
    await gone;
  }

  #startGuard(): void {
    if (process.platform === "win32") return;
    const guard = spawn("/bin/sh", ["-c", GUARD], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      cwd: "/",
    });
    this.#guard = guard;
    guard.stdin!.on("error", () => {});
    guard.on("error", () => {});
    guard.on("close", () => {
      if (guard.pid !== undefined) this.#known.delete(guard.pid);
      if (!this.#closed && guard.pid !== undefined) this.#startGuard();
    });
    for (const { pid } of this.#known.values()) this.#writeToGuard(`+ ${pid}`);
    if (guard.pid === undefined) return;
    this.#known.set(guard.pid, { name: GUARD_NAME, pid: guard.pid, identity: identityOf(guard.pid) });
    this.#write();
  }

  #writeToGuard(line: string): void {
    this.#guard?.stdin?.write(`${line}\n`);
  }

  /** Replaced as a whole: a reader finds the file of before or after. */
  #write(): void {
    writeFileSync(`${this.path}.new`, JSON.stringify([...this.#known.values()], null, 1));
    renameSync(`${this.path}.new`, this.path);
  }
}

/**
 * Ends what an earlier start has left behind, and waits until it is gone.
 *
 * @param path of a {@link ChildRegister} whose command is gone
 * @returns what was ended; a guard is no news
 * @throws {Error} if a process cannot be ended
 */
export async function stopLeftovers(path: string): Promise<KnownProcess[]> {
  const left = readRegister(path).filter(isStill);
  // The guard first: it would do the same, but later.
  for (const { pid } of [...left].sort((a) => a.name === GUARD_NAME ? -1 : 1)) killGroup(pid);
  for (const deadline = performance.now() + GONE_MS; left.some(isStill); await sleep(20)) {
    if (performance.now() < deadline) continue;
    const { name, pid } = left.find(isStill)!;
    throw new Error(
      `${name}, pid ${pid}, was left behind by an earlier start and cannot be ended: end it first`,
    );
  }
  rmSync(path, { force: true });
  return left.filter(({ name }) => name !== GUARD_NAME);
}

function readRegister(path: string): KnownProcess[] {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return Array.isArray(value) ? value as KnownProcess[] : [];
  } catch (error) {
    // Absent, or torn by a power cut, after which no process is left either.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Whether it runs, and is the process that was written down, not one that got its pid later. */
function isStill({ pid, identity }: KnownProcess): boolean {
  if (!Number.isInteger(pid) || pid <= 1 || typeof identity !== "string" || identity === "") return false;
  const start = processStart(pid);
  return start === undefined ? identityOf(pid) === identity : isProcessAlive(pid, identity);
}

/** Its start, from /proc; elsewhere what ps says of its start and its command line. Empty if nothing does. */
function identityOf(pid: number): string {
  const start = processStart(pid);
  if (start !== undefined) return start;
  try {
    const args = ["-o", "lstart=", "-o", "command=", "-p", String(pid)];
    return execFileSync("ps", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}
