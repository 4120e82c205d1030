import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/** What the page may load and do: nothing but its own files and this server's API. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/**
 * The page for people at `/` and at every path below `/app/` that is no file, because the page itself tells its screens
 * apart. Names of files hold their digests, so browsers keep them for good.
 */
export const page = fastifyPlugin(async (app: FastifyInstance) => {
  const root = path.join(
    path.dirname(createRequire(import.meta.url).resolve('@mediclip/page/package.json')),
    'dist/site',
  );
  if (!existsSync(path.join(root, 'index.html'))) {
    app.log.warn('The page for people is not built: run `npm run build`, or set MEDICLIP_PAGE=off.');
    return;
  }
  await app.register(fastifyStatic, {
    root: path.join(root, 'assets'),
    prefix: '/app/assets/',
    index: false,
    immutable: true,
    maxAge: '1y',
  });
  for (const url of ['/', '/app', '/app/*']) {
    app.get(url, async (_request, reply) =>
      reply
        .header('content-security-policy', contentSecurityPolicy)
        .sendFile('index.html', root, { immutable: false, maxAge: 0, cacheControl: true }),
    );
  }
});
