/**
 * What can go wrong between us and JetStream, sorted by what to do about it.
 * @module
 */
import {
  ClosedConnectionError,
  DrainingConnectionError,
  PermissionViolationError,
  RequestError,
  TimeoutError,
} from "@nats-io/transport-node";
import { BusUnavailable } from "../bus.ts";

/** The server has answered, with a refusal. `code` is JetStream's error code, e.g. 10059: no such stream. */
export class JetStreamFault extends Error {
  override name = "JetStreamFault";
  constructor(readonly code: number, readonly status: number, message: string) {
    super(message);
  }
}

/** Nobody listens to the subject of a request: JetStream is not up yet, or stream or consumer are gone. */
export class NobodyThere extends Error {
  override name = "NobodyThere";
}

/** Lost on the way; asked again, it may go through. */
export class Passing extends Error {
  override name = "Passing";
}

const NO_CONSUMER = 10014;
const NO_STREAM = 10059;

/**
 * Whether stream or consumer (or all of JetStream) is not there.
 *
 * @param error of a request to JetStream, sorted by {@link sortFault}
 * @returns true for streams, consumers and servers without JetStream
 */
export function isMissing(error: unknown): boolean {
  return error instanceof NobodyThere ||
    (error instanceof JetStreamFault && (error.code === NO_CONSUMER || error.code === NO_STREAM));
}

/**
 * Whether the same may go through a little later.
 *
 * @param error of a request to JetStream, sorted by {@link sortFault}
 * @returns true where repeating it later makes sense
 */
export function isPassing(error: unknown): boolean {
  return error instanceof Passing || isMissing(error) ||
    (error instanceof JetStreamFault && error.status >= 500);
}

/**
 * The client's errors of a request as ours.
 *
 * @param error as the client of NATS throws it
 * @returns `NobodyThere`, `Passing`, the violation of a right, or the error itself
 */
export function sortFault(error: unknown): unknown {
  if (error instanceof RequestError && error.isNoResponders()) {
    return new NobodyThere("JetStream is not there, or has no such stream", { cause: error });
  }
  if (error instanceof TimeoutError) return new Passing("no answer", { cause: error });
  return error instanceof RequestError && error.cause instanceof PermissionViolationError
    ? error.cause
    : error;
}

/**
 * An error that repeating does not mend, in terms of what was to be done. `service` is our name on the bus.
 *
 * @param what what was tried, as after "Cannot"
 * @param error as it came last
 * @returns an error with a sentence for refused rights and closed connections, else the same error
 */
export function explainFault(what: string, service: string, error: unknown): unknown {
  if (error instanceof PermissionViolationError) {
    return new Error(
      `Cannot ${what}: NATS forbids ${error.operation} ${error.subject}; the user of "${service}" needs this right`,
      { cause: error },
    );
  }
  if (error instanceof ClosedConnectionError || error instanceof DrainingConnectionError) {
    return new BusUnavailable(`Cannot ${what}: the connection to NATS is closed`, { cause: error });
  }
  return error;
}

/**
 * An error that repeating did not mend in time.
 *
 * @param what what was tried, as after "Cannot"
 * @param patienceMs how long it was repeated, in milliseconds
 * @param cause the error of the last try
 * @returns an error that says that repeating it is safe
 */
export function unavailable(what: string, patienceMs: number, cause: unknown): BusUnavailable {
  return new BusUnavailable(
    `Cannot ${what}: NATS did not take it for ${patienceMs / 1000} s (${describeFault(cause)}). ` +
      "It may have been done all the same; doing it again is safe.",
    { cause },
  );
}

/**
 * Its message.
 *
 * @param error anything that was thrown
 * @returns its message, without its stack
 */
export function describeFault(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
