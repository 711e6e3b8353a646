/**
 * Bus and store of a process, from its configuration.
 *
 * In a cluster they may not be there yet, or not any more: then the process stays, says in its log what it waits for,
 * answers `/readyz` with it, and tries again. It does not end to be started again by somebody else.
 * @module
 */
import { PROBE_KEY } from "@cugro/protocol";
import { readFile } from "node:fs/promises";
import { abortable, backoffMs, deadline, pause } from "@cugro/async";
import { type Config, ConfigError } from "./config.ts";
import type { Log } from "@cugro/telemetry";
import { type NatsBus, openNatsBus } from "@cugro/bus";
import { openStore, type Store, STRANGE_NAME } from "@cugro/store";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;
const REMINDER_MS = 10_000;
const CONNECT_MS = 5_000;
const PROBE_MS = 2_000;
const PROBE_EVERY_MS = 1_000;

/**
 * Opens the store that a configuration names. A name that is no key is mentioned in the log, once.
 *
 * @param log where it is mentioned
 * @returns a folder or a bucket, tried out
 */
export function openConfiguredStore({ store, s3 }: Pick<Config, "store" | "s3">, log: Log): Promise<Store> {
  const onStrange = (key: string) => log.warn(`the file ${key} ${STRANGE_NAME}`, { key });
  return openStore({ store, s3 }, { onStrange });
}

/**
 * Opens the bus that a configuration names.
 *
 * @param service this service's name on the bus
 * @param log of the bus
 * @returns a bus with its streams as they should be
 * @throws {ConfigError} if `CUGRO_NATS` is not set, or a file that it needs cannot be read
 */
export async function openConfiguredBus(
  { nats, ackWaitMs }: Config,
  service: string,
  log: Log,
): Promise<NatsBus> {
  if (!nats) throw new ConfigError("CUGRO_NATS must be set: nats://host:port");
  const { servers, seedFile, caFile, streams } = nats;
  return await openNatsBus({
    servers,
    name: service,
    streams,
    ackWaitMs,
    log,
    // The reason of an attempt that fails is worth more than one attempt that waits forever.
    signal: AbortSignal.timeout(CONNECT_MS),
    ...(seedFile === undefined ? {} : { seed: (await readNamed("CUGRO_NATS_SEED_FILE", seedFile)).trim() }),
    ...(caFile === undefined ? {} : { ca: await readNamed("CUGRO_NATS_CA_FILE", caFile) }),
  });
}

async function readNamed(variable: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new ConfigError(`${variable} names ${path}, which cannot be read: ${(error as Error).message}`);
  }
}

/** How opening is retried, and who is notified of each failure. */
export interface Patience {
  /** The awaited dependency, in a word or two. */
  name: string;
  log: Log;
  /** Aborted: give up waiting. */
  signal: AbortSignal;
  /** Told what is wrong, each time it changes. */
  onWaiting: (reason: string) => void;
  /** Before the first new attempt, in ms; doubles, up to 10 s. @default 500 */
  retryMs?: number;
}

/**
 * Tries until it opens; undefined once aborted. What opens too late is closed.
 *
 * @param open tried again after each failure, with growing delays
 * @returns undefined once aborted
 * @throws {SyntaxError} at once, as a ReferenceError: the program is at fault, and waiting mends nothing
 */
export async function openPatiently<T extends { close(): Promise<void> }>(
  open: () => Promise<T>,
  { name, log, signal, onWaiting, retryMs = FIRST_RETRY_MS }: Patience,
): Promise<T | undefined> {
  for (let failures = 1; !signal.aborted; failures++) {
    const delayMs = backoffMs(failures, { firstMs: retryMs, longestMs: LONGEST_RETRY_MS });
    const reminder = setInterval(() => log.warn(`still waiting for the ${name}`), REMINDER_MS);
    try {
      return await unlessAborted(open(), signal);
    } catch (error) {
      clearInterval(reminder);
      // The program's own fault: waiting heals nothing.
      if (error instanceof SyntaxError || error instanceof ReferenceError) throw error;
      onWaiting(error instanceof Error ? error.message : String(error));
      log.warn(`cannot reach the ${name}, trying again`, { error, delayMs });
      await pause(delayMs, signal);
    } finally {
      clearInterval(reminder);
    }
  }
  return undefined;
}

async function unlessAborted<T extends { close(): Promise<void> }>(
  opening: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    return await abortable(opening, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    opening.then((late) => late.close(), () => {});
    return undefined;
  }
}

/**
 * A question that is asked at most once a second, by however many callers; at most 2 s are waited for an answer.
 *
 * @param name what is asked, in words
 * @param ask the question; its signal is aborted when the answer comes too late
 * @returns a function that gives true, or the reason why not; it never throws
 */
export function probeOf(
  name: string,
  ask: (signal: AbortSignal) => Promise<unknown>,
): () => Promise<string | true> {
  let asked: { at: number; answer: Promise<string | true> } | undefined;
  return () => {
    if (asked && performance.now() - asked.at < PROBE_EVERY_MS) return asked.answer;
    const late = () => new Error(`the ${name} does not answer within ${PROBE_MS} ms`);
    const answer = deadline(PROBE_MS, ask, late).then(
      () => true as const,
      (error) => (error as Error).message,
    );
    asked = { at: performance.now(), answer };
    return answer;
  };
}

/**
 * Whether a store answers: a question for an object that nobody writes.
 *
 * @param store asked for an object that nobody writes
 * @returns as {@link probeOf}
 */
export function probeStore(store: Store): () => Promise<string | true> {
  // Given up with the question: a store that hangs would otherwise soon hold all connections to it.
  return probeOf("store", (signal) => store.head(PROBE_KEY, { signal }));
}
