export { inSpan, inSpanOf, markFailed, type TraceCarrier, traceCarrier } from './spans.js';
