/**
 * The ports of a cluster: asked for, or kept in its folder, so that addresses stay over restarts; else free ones.
 * @module
 */
import { sleep } from "@cugro/async";
import { randomInt } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/** Ports of a cluster: `nats`, `s3`, and each service's process by its name. */
export type Ports = Readonly<Record<string, number>>;

/** A port that somebody asked for. */
export interface AskedPort {
  port: number;
  /** Who did, for the sentence that refuses it, as `--port`. */
  by: string;
}

/** Input of {@link choosePorts}. */
export interface PortWishes {
  folder: string;
  /** Names that need a port. */
  names: readonly string[];
  /** Must be as asked. */
  asked: Readonly<Record<string, AskedPort>>;
  /** Taken where they are free and the folder has kept no other. */
  preferred?: Readonly<Record<string, number>>;
  /** Told when an address changes. */
  report?: (sentence: string) => void;
}

const FILE = "ports.json";
/**
 * Below what systems give to outgoing connections (from 32,768 or 49,152): a client that tries a stopped server's port
 * again and again may otherwise be given that port itself, and connect to itself.
 */
const [FIRST, LAST] = [15_000, 32_000];
/** A killed process is gone for others a moment before the system has closed what its threads held open. */
const CLOSING_MS = 3_000;

/**
 * Chooses a port for each name and keeps it.
 *
 * @throws {RangeError} if an asked one is taken, or asked for twice
 */
export async function choosePorts(
  { folder, names, asked, preferred = {}, report }: PortWishes,
): Promise<Ports> {
  const kept = readPorts(folder);
  const chosen: Record<string, number> = {};
  const isFree = async (port: number) => !Object.values(chosen).includes(port) && await isPortFree(port);
  for (const name of names) {
    const wish = asked[name];
    if (wish === undefined) continue;
    if (!await isFree(wish.port)) throw refusal(name, wish, Object.values(chosen).includes(wish.port));
    chosen[name] = wish.port;
  }
  for (const name of names.filter((name) => chosen[name] === undefined)) {
    const before = kept[name] ?? preferred[name];
    const waitMs = kept[name] === undefined ? 0 : CLOSING_MS;
    if (before !== undefined && await becomesFree(before, isFree, waitMs)) {
      chosen[name] = before;
      continue;
    }
    let port = randomInt(FIRST, LAST);
    while (Object.values(kept).includes(port) || !await isFree(port)) port = randomInt(FIRST, LAST);
    chosen[name] = port;
    if (kept[name] !== undefined) {
      report?.(
        `port ${kept[name]} of ${name} is taken by another process now: its port is ${port} from here on`,
      );
    }
  }
  writeFileSync(join(folder, FILE), `${JSON.stringify({ ...kept, ...chosen }, null, 2)}\n`);
  return chosen;
}

/** The ports that a folder keeps, of its cluster of now or of the last one. */
export function readPorts(folder: string): Ports {
  try {
    return JSON.parse(readFileSync(join(folder, FILE), "utf8")) as Ports;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

function refusal(name: string, { port, by }: AskedPort, isTwice: boolean): RangeError {
  return new RangeError(
    isTwice
      ? `${by} asks for port ${port} for ${name}, which something else of this cluster was given: choose another`
      : `${by} asks for port ${port} for ${name}, which another process has: choose another, or stop that process`,
  );
}

/** Whether a port is free, now or in a moment. */
async function becomesFree(
  port: number,
  isFree: (port: number) => Promise<boolean>,
  withinMs: number,
): Promise<boolean> {
  for (const deadline = performance.now() + withinMs; !await isFree(port); await sleep(50)) {
    if (performance.now() >= deadline) return false;
  }
  return true;
}

/** Whether a port can be listened on now. */
function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
