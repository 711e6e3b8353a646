/**
 * The client's TCP transport, without its one way to kill a process: under Deno a socket that has been given up may
 * still report a reset (after a refused login, say), and the client has taken its error listener off by then.
 * @module
 */
import { NatsConnectionImpl, setTransportFactory } from "@nats-io/transport-node";
import type { NatsConnection, NodeConnectionOptions } from "@nats-io/transport-node";
import { nodeResolveHost, NodeTransport } from "@nats-io/transport-node/lib/node_transport.js";

/** A listener after the last one: an error of a socket that nobody uses any more is no news. */
function silence(socket: { on(event: "error", listener: () => void): unknown } | undefined): void {
  socket?.on("error", () => {});
}

class SteadyTransport extends NodeTransport {
  constructor(private readonly onFailure: (error: unknown) => void) {
    super();
  }

  override async connect(...args: Parameters<NodeTransport["connect"]>): Promise<void> {
    try {
      await super.connect(...args);
    } catch (error) {
      silence(this.socket);
      this.onFailure(error);
      throw error;
    }
    const { socket } = this;
    void this.closed().then(() => silence(socket));
  }

  override discard(): void {
    const { socket } = this;
    super.discard();
    silence(socket);
  }
}

/**
 * Connects as the client's own `connect`, over this transport.
 *
 * @param options as the client takes them
 * @param onFailure called with the reason of each attempt that fails
 * @returns the connection once there is one
 */
export function connectSteadily(
  options: NodeConnectionOptions,
  onFailure: (error: unknown) => void,
): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new SteadyTransport(onFailure), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}
