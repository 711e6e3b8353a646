/**
 * The process of this service: the API on `CUGRO_HTTP_PORT` (8080 where it is not set), beside healthz, readyz and
 * metrics. Without `CUGRO_NATS` it serves one folder, and no coordinator hears what it is told.
 * @module
 */
import { createEmbeddedBus } from "@cugro/bus";
import { runService } from "@cugro/process";
import type { Log } from "@cugro/telemetry";
import { HTTP_PORT } from "../services.ts";
import { serveGateway, TOKENS_FILE } from "./serve_gateway.ts";

const required = { CUGRO_TOKENS_FILE: TOKENS_FILE };
const openBus = (log: Log) => createEmbeddedBus({ log });
await runService(
  // Open policies act.
  { name: "gateway", httpPort: HTTP_PORT, needs: ["tokens"], required, openBus, outlives: true },
  serveGateway,
);
