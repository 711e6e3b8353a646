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
  override async connect(...args: Parameters<NodeTransport["connect"]>): Promise<void> {
    try {
      await super.connect(...args);
    } catch (error) {
      silence(this.socket);
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

/** As the client's own `connect`, over this transport. */
export function connectSteadily(options: NodeConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new SteadyTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}
