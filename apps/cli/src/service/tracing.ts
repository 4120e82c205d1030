import { serviceVersion } from '@mediclip/contracts';

/**
 * How long one sending may take, unless `OTEL_EXPORTER_OTLP_TIMEOUT` says otherwise: the end of a process waits for the
 * last one.
 */
const timeoutMs = 2000;

/**
 * Sends the spans of this process to where `OTEL_EXPORTER_OTLP_ENDPOINT` says, by OTLP over HTTP; without that variable
 * nothing is recorded and no SDK is loaded. The other `OTEL_` variables of the SDK (service name, sampler, headers,
 * batches) count too. Resolves with what sends the last spans and ends it; that rejects when nobody takes them.
 */
export async function startTracing(role: string): Promise<() => Promise<void>> {
  if (!process.env.OTEL_EXPORTER_OTLP_ENDPOINT) return async () => {};
  const [{ BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const timeoutMillis = Number(process.env.OTEL_EXPORTER_OTLP_TIMEOUT ?? timeoutMs);
  const exporter = new OTLPTraceExporter({ timeoutMillis });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': process.env.OTEL_SERVICE_NAME ?? `mediclip-${role}`,
      'service.version': serviceVersion,
    }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();
  return () => provider.shutdown();
}
