import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { openApiDocument } from '@mediclip/contracts';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { HandlersOf } from '../http/handlers.js';

/** What the page loads, by its path below `/docs/`; all of it from this server. */
const assets = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
} as const;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MediCLIP</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', docExpansion: 'list', validatorUrl: null });\n`;

let document: ReturnType<typeof openApiDocument> | undefined;

/** Made when it is first asked for: it takes longer than many a process lives. */
function documentOnce() {
  document ??= openApiDocument();
  return document;
}

/**
 * The files of Swagger UI, as `@fastify/swagger-ui` carries them, below `/docs`. (Its plugin would offer `/docs` beside
 * the contract.)
 */
export const docsAssets = fastifyPlugin(async (app: FastifyInstance) => {
  const folder = path.dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui/static/index.html'));
  for (const [name, mediaType] of Object.entries(assets)) {
    app.get(`/docs/${name}`, async (_request, reply) =>
      reply
        .type(mediaType)
        .header('cache-control', 'max-age=3600')
        .send(createReadStream(path.join(folder, name))),
    );
  }
  app.get('/docs/start.js', async (_request, reply) => reply.type('text/javascript; charset=utf-8').send(start));
});

export const docsHandlers: HandlersOf<'getDocs' | 'getOpenApi'> = {
  getDocs: async () => ({ mediaType: 'text/html; charset=utf-8', bytes: page }),
  getOpenApi: async () => ({ json: documentOnce() }),
};
