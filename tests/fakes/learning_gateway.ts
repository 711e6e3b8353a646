/**
 * A gateway on a socket that learns, for tests: the real coordinator, one real worker, and jobs that are small.
 * @module
 */
import { runCoordinator } from "@cugro/coordinator";
import { createLog } from "@cugro/telemetry";
import { listen } from "@cugro/process";
import { type JobHandlers, runWorker } from "@cugro/worker";
import { JOB_KINDS } from "@cugro/protocol";
import { createStubHandlers } from "../../scripts/lab/experiments/stub_service.ts";
import { type TestGateway, withGateway } from "../../services/gateway/testing/testing_gateway.ts";

/**
 * Runs a test on it.
 *
 * @param real handlers that do real work, in place of the small jobs of their kinds; how often files are looked for
 */
export async function withLearningGateway(
  test: (gateway: TestGateway & { url: string }) => Promise<void>,
  { real = {}, ...times }: { real?: JobHandlers; intervalMs?: number } = {},
): Promise<void> {
  await withGateway(async (gateway) => {
    const { store, bus, fetch } = gateway;
    const server = await listen({ host: "127.0.0.1", port: 0, fetch });
    const stop = new AbortController();
    const { signal } = stop;
    const handlers = { ...createStubHandlers({ steps: 2, stepMs: 0 }), ...real };
    const log = createLog({ level: "silent" });
    const running = [
      runCoordinator({ store, bus, signal, ...times }),
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
