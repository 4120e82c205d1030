import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

/** A trace as it travels beside a request or message: the headers of W3C Trace Context. */
export type TraceCarrier = Readonly<Record<string, string>>;

export interface SpanOptions {
  /** Which end of a request or message it is; `internal` by default. */
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** Ids and counts; never names of files or patients. */
  readonly attributes?: Attributes;
}

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

const tracer = trace.getTracer('mediclip');

/** What to send along so that `inSpanOf` goes on with the present trace; `undefined` when nothing is being traced. */
export function traceCarrier(): TraceCarrier | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return Object.keys(carrier).length > 0 ? carrier : undefined;
}

/** Works in a new span below the present one. A rejection marks the span as failed, by the error's name. */
export function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  return inSpanBelow(context.active(), name, options, work);
}

/** Works in a new span below the one that sent `carrier`; without a trace in it, in a trace of its own. */
export function inSpanOf<T>(
  carrier: TraceCarrier | undefined,
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  return inSpanBelow(propagation.extract(ROOT_CONTEXT, carrier ?? {}), name, options, work);
}

function inSpanBelow<T>(
  parent: Context,
  name: string,
  { kind = 'internal', attributes = {} }: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  return tracer.startActiveSpan(name, { kind: kinds[kind], attributes }, parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      markFailed(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The name alone: messages may hold names of files. */
export function markFailed(span: Span, error: unknown): void {
  span.setAttribute('error.type', error instanceof Error ? error.name : typeof error);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
