/**
 * The door to the NATS bus. The client library is loaded behind it: work on a folder does not wait for it.
 * @module
 */
import type { NatsBusOptions } from "./nats_options.ts";
import type { NatsBus } from "./nats_bus.ts";

/**
 * Connects (waiting until a server is there, which the log tells) and makes or checks streams and consumers.
 *
 * @param options servers, login, streams
 * @returns the bus, connected
 * @throws {RangeError} if the options are wrong.
 * @throws {Error} if the login is refused; if `signal` aborts, with the reason of the last attempt; if a stream or
 *   consumer is not as it must be, naming each field.
 * @throws {BusUnavailable} if streams or consumers are not there in mode `verify`.
 */
export async function openNatsBus(options: NatsBusOptions): Promise<NatsBus> {
  const { openNatsBus } = await import("./nats_bus.ts");
  return await openNatsBus(options);
}
