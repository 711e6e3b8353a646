/**
 * A receiver of OpenTelemetry traces (OTLP over HTTP, as JSON), for tests.
 * @module
 */

/** A span, as far as tests look at it. */
export interface ReceivedSpan {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  attributes: Record<string, string>;
}

/** A receiver that runs. */
export interface TraceReceiver {
  spans: ReceivedSpan[];
  /** What makes Deno's own exporter send here. */
  environment: Record<string, string>;
  close(): Promise<void>;
}

interface Attribute {
  key: string;
  value: Record<string, unknown>;
}
interface Export {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: {
      spans: {
        name: string;
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        attributes?: Attribute[];
      }[];
    }[];
  }[];
}

/** Starts receiving on a free port. */
export function receiveTraces(): TraceReceiver {
  const spans: ReceivedSpan[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const isTrace = new URL(request.url).pathname === "/v1/traces";
    const text = await request.text();
    if (isTrace) spans.push(...read(JSON.parse(text)));
    return Response.json({});
  });
  return {
    spans,
    environment: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_BSP_SCHEDULE_DELAY: "200",
      OTEL_DENO_CONSOLE: "ignore",
    },
    close: () => server.shutdown(),
  };
}

function read({ resourceSpans }: Export): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = valuesOf(resource.attributes)["service.name"] ?? "";
    return scopeSpans.flatMap((scope) =>
      scope.spans.map(({ name, traceId, spanId, parentSpanId = "", attributes = [] }) => {
        return { service, name, traceId, spanId, parentSpanId, attributes: valuesOf(attributes) };
      })
    );
  });
}

function valuesOf(attributes: Attribute[]): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]));
}
