import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { openApiDocument } from '@mediclip/contracts';
import type { FastifyInstance } from 'fastify';
import type { HandlersOf } from '../routing/handlers.js';

const document = openApiDocument();

/** The description of the service as a page at `/docs`, without anything from other hosts. */
export async function docs(app: FastifyInstance): Promise<void> {
  await app.register(swagger, { mode: 'static', specification: { document: document as never } });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { docExpansion: 'none', tryItOutEnabled: true, validatorUrl: null },
    theme: { title: 'MediCLIP' },
  });
}

export const docsHandlers: HandlersOf<'getOpenApi'> = {
  getOpenApi: async () => ({ json: document }),
};
