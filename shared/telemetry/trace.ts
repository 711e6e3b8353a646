/**
 * Traces: one dataset, from its arrival to the published version, across processes. Spans go to whatever provider the
 * runtime registers (`OTEL_DENO=true`); without one they are no-ops, and a traceparent that came in still goes out.
 *
 * A trace crosses processes as a W3C traceparent: in the arrival's fact, in job messages and in events.
 * @module
 */
import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-|$)/;

/** A span as seen by the work inside it. */
export interface InSpan {
  /** To pass on, so that other spans become children of this one; undefined without tracing. */
  traceparent: string | undefined;
  /** Adds attributes that became known meanwhile. */
  set(attributes: Attributes): void;
}

/** Asks the provider that is registered by the time a span begins. */
const tracer = trace.getTracer("cugro");
/** Where nobody traces, and nobody did where the request comes from. */
const UNTRACED: InSpan = { traceparent: undefined, set: () => {} };

/**
 * Runs `work` in a span.
 *
 * @param options.parent a traceparent; if left out, the current span of this process; "none" starts a trace.
 * @returns what `work` resolves to
 * @throws {Error} what `work` throws; the span then says so.
 */
export async function inSpan<T>(
  name: string,
  options: { parent?: string | undefined; attributes?: Attributes; kind?: keyof typeof KINDS },
  work: (span: InSpan) => Promise<T> | T,
): Promise<T> {
  const { attributes = {}, parent } = options;
  const from = parent === undefined ? context.active() : contextOf(parent);
  const span = tracer.startSpan(name, { attributes, kind: KINDS[options.kind ?? "internal"] }, from);
  if (!span.isRecording() && !isSpanContextValid(span.spanContext())) return await work(UNTRACED);
  const inside: InSpan = {
    traceparent: formatTraceparent(span.spanContext()),
    set: (more) => void span.setAttributes(more),
  };
  try {
    return await context.with(trace.setSpan(from, span), () => work(inside));
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/**
 * The traceparent of the current span of this process.
 *
 * @returns W3C traceparent; undefined without a span
 */
export function activeTraceparent(): string | undefined {
  const active = trace.getActiveSpan();
  return active && formatTraceparent(active.spanContext());
}

/**
 * The trace's id in a traceparent, for log lines.
 *
 * @param traceparent W3C
 * @returns 32 hexadecimal digits
 */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return TRACEPARENT.exec(traceparent ?? "")?.[1];
}

/**
 * A traceparent that may have come from anywhere: itself if it is one, else undefined.
 *
 * @param text any
 * @returns W3C traceparent
 */
export function checkTraceparent(text: string | null | undefined): string | undefined {
  const read = parseTraceparent(text ?? "");
  return read && formatTraceparent(read);
}

function contextOf(parent: string): Context {
  const read = parseTraceparent(parent);
  return read ? trace.setSpanContext(ROOT_CONTEXT, read) : ROOT_CONTEXT;
}

function parseTraceparent(text: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const read = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(read) ? read : undefined;
}

function formatTraceparent(span: SpanContext): string | undefined {
  if (!isSpanContextValid(span)) return undefined;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, "0")}`;
}

function fail(span: Span, error: unknown): void {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
