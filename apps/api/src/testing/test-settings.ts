import path from 'node:path';
import type { ServerSettings } from '../dependencies.js';

const MiB = 2 ** 20;

/** Settings for a server of a test, as they are by default except where the comments say. */
export function testSettings(dataDir: string): ServerSettings {
  return {
    dataDir,
    modelsDir: path.join(dataDir, 'weights'),
    allowedOrigins: [],
    images: { maximumBytes: 64 * MiB },
    uploads: { jsonBytes: MiB, formBytes: 2048 * MiB, files: 1000 },
    archives: { packedBytes: 4096 * MiB, unpackedBytes: 8192 * MiB, ratio: 200, entries: 20_000 },
    datasetImages: 20_000,
    scores: { images: 32, timeoutMs: 30_000, memoryBytes: 16 * MiB },
    memory: {
      storingBytes: 160 * MiB,
      receivedBytes: 64 * MiB,
      scoringBytes: 160 * MiB,
      drawingBytes: 160 * MiB,
      exportBytes: 160 * MiB,
      archiveBytes: 64 * MiB,
      jsonBytes: 64 * MiB,
    },
    queueDepth: 100,
    tenants: { jobs: 100, bytes: 2 ** 40, datasets: 10_000, images: 1_000_000 },
    requestsPerMinute: 1200,
    eventStreams: { ofTenant: 500, ofProcess: 2000 },
    // A test shares its event loop with the server, and its machine with other tests.
    eventLoopDelayMs: 60_000,
    connectionTimeoutMs: 60_000,
    requestTimeoutMs: 3_600_000,
    fileNames: 'keep',
    dicomweb: { servers: [] },
    page: false,
  };
}
