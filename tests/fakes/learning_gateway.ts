/**
 * A gateway on a socket that learns, for tests: the real coordinator, one real worker, and jobs that are small.
 * @module
 */
import { runCoordinator } from "@cugro/coordinator";
import { createLog } from "@cugro/telemetry";
import { listen } from "@cugro/process";
import { runWorker } from "@cugro/worker";
import { JOB_KINDS } from "@cugro/protocol";
import { createStubHandlers } from "../../scripts/lab/experiments/stub_service.ts";
import { type TestGateway, withGateway } from "../../services/gateway/testing/gateway.ts";

/** Runs a test on it. */
export async function withLearningGateway(
  test: (gateway: TestGateway & { url: string }) => Promise<void>,
): Promise<void> {
  await withGateway(async (gateway) => {
    const { store, bus, fetch } = gateway;
    const server = await listen({ host: "127.0.0.1", port: 0, fetch });
    const stop = new AbortController();
    const { signal } = stop;
    const handlers = createStubHandlers({ steps: 2, stepMs: 0 });
    const log = createLog({ level: "silent" });
    const running = [
      runCoordinator({ store, bus, signal }),
      runWorker({ ...{ store, bus, handlers, signal, log }, kinds: JOB_KINDS, profile: {} }),
    ];
    try {
      await test({ ...gateway, url: `http://127.0.0.1:${server.port}` });
    } finally {
      stop.abort();
      await Promise.all(running);
      await server.close(200);
    }
  });
}
