export { inSpan, inSpanOf, markFailed, type SpanOptions, type TraceCarrier, traceCarrier } from './spans.js';
