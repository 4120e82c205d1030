/** The health check of the container images: exits 0 when the process in the container answers `/healthz`. */
const { MEDICLIP_OPERATIONS_PORT: operationsPort, MEDICLIP_PORT: port } = process.env;
const url = `http://127.0.0.1:${operationsPort || port || 8080}/healthz`;

try {
  const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(4000) });
  if (!ok) throw new Error(`it answered ${status}`);
} catch (error) {
  process.stderr.write(`${url} is not healthy: ${error.message}\n`);
  process.exitCode = 1;
}
