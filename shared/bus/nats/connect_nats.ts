/**
 * Making the connection: options, login, TLS, and waiting for a server.
 * @module
 */
import { nkeyAuthenticator, type NodeConnectionOptions } from "@nats-io/transport-node";
import { describeFault } from "./nats_faults.ts";
import { Link } from "./link.ts";
import type { LinkOptions } from "./link_options.ts";
import { connectSteadily } from "./transport.ts";

const WAITING_NOTICE_MS = 10_000;
/** More than a cluster of NATS has. */
const MOST_SERVERS = 10;

/**
 * Connects; waits without end for a server that is not there yet, and says so in the log.
 *
 * @param options servers, name and credentials; `signal` ends the waiting for a first connection
 * @returns an open connection, which is made again whenever it is lost
 * @throws {Error} saying what to check, where the server refuses this service, or `signal` is aborted before it is
 *   connected
 */
export async function openLink(options: LinkOptions): Promise<Link> {
  const { servers, name, signal, log } = options;
  checkCredentials(options);
  let connected = false;
  const settings = settingsOf(options, () => {
    if (!connected) signal?.throwIfAborted();
  });
  let failure: unknown = "no answer";
  const notice = setInterval(
    () => log.warn("waiting for NATS", { servers, reason: describeFault(failure) }),
    WAITING_NOTICE_MS,
  );
  try {
    const connection = await connectSteadily(settings, (error) => failure = error);
    connected = true;
    return new Link(connection, options);
  } catch (error) {
    const reason = signal?.aborted ? failure : error;
    throw new Error(
      `Cannot connect to NATS at ${servers.join(", ")} as "${name}": ${describeFault(reason)}. ` +
        "Check the address, the seed and the CA of this service.",
      { cause: error },
    );
  } finally {
    clearInterval(notice);
  }
}

/** Options of the client. `beforeAttempt` is called before each attempt to connect; an error that it throws ends them. */
function settingsOf(
  { servers, name, seed, ca }: LinkOptions,
  beforeAttempt: () => void,
): NodeConnectionOptions {
  return {
    servers: [...servers],
    name,
    inboxPrefix: `_INBOX_${name}`,
    maxReconnectAttempts: -1,
    // A confined process may connect to the server by the name in its configuration, and to no address behind it.
    resolve: false,
    reconnectDelayHandler: delayBetweenAttempts(beforeAttempt),
    pingInterval: 5_000,
    maxPingOut: 2,
    waitOnFirstConnect: true,
    timeout: 5_000,
    noAsyncTraces: true,
    ...(seed === undefined
      ? {}
      : { authenticator: nkeyAuthenticator(new TextEncoder().encode(seed.trim())) }),
    ...(ca === undefined ? {} : { tls: { ca } }),
  };
}

/**
 * How long (ms) the client leaves a server alone after an attempt. It compares times of day: were the clock set back by
 * an hour, it would not try for an hour. So a negative delay is answered then, for one attempt at each server.
 */
function delayBetweenAttempts(beforeAttempt: () => void): () => number {
  let last = 0;
  let setBackMs = 0;
  let atOnce = 0;
  return () => {
    beforeAttempt();
    const now = Date.now();
    if (now < last - 1_000) [setBackMs, atOnce] = [last - now, MOST_SERVERS];
    last = now;
    return atOnce-- > 0 ? -setBackMs - 1_000 : 250 + Math.floor(100 * Math.random());
  };
}

function checkCredentials({ servers, seed, ca }: LinkOptions): void {
  if (servers.length === 0) throw new RangeError("Cannot connect to NATS: servers must name at least one");
  if (seed !== undefined && !/^SU[A-Z2-7]{40,}$/.test(seed.trim())) {
    throw new RangeError(
      "The NATS seed must be the nkey seed of a user (it starts with SU), not a path or key",
    );
  }
  if (ca !== undefined && !ca.includes("-----BEGIN CERTIFICATE-----")) {
    throw new RangeError("The NATS CA must be certificates in PEM form, not a path");
  }
}
