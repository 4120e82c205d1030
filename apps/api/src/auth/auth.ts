import { ProblemError } from '@mediclip/contracts';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { cookieOf, type Sessions } from '../sessions/session-cookie.js';
import type { ApiKeys } from './api-keys.js';
import { mostWrongKeys, WrongKeys } from './wrong-keys.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whom the request is from. */
    tenant: string;
    /** Id of the key that it came with; `undefined` on a server without keys. */
    keyId: string | undefined;
    /** Calls `listener` once its key is withdrawn, within two seconds; returns a function that ends that. */
    whenKeyIsWithdrawn(listener: () => void): () => void;
  }
}

interface AuthOptions {
  readonly keys: ApiKeys | undefined;
  readonly sessions: Sessions;
}

/** The tenant of everybody when there are no keys. */
const defaultTenant = 'default';
const bearer = /^Bearer +([!-~]+)$/i;

const safeMethods = new Set(['GET', 'HEAD']);

/**
 * Tells whom a request is from, by its key or its session. Without `keys` everybody is the tenant `default`. Open
 * routes ask for no key.
 */
export const auth = fastifyPlugin(async (app: FastifyInstance, { keys, sessions }: AuthOptions) => {
  app.decorateRequest('tenant', defaultTenant);
  app.decorateRequest('keyId', undefined);
  app.decorateRequest('whenKeyIsWithdrawn', () => () => undefined);
  if (keys === undefined) return;
  const wrongKeys = new WrongKeys(mostWrongKeys);
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.isOpen !== false) return;
    const key = bearer.exec(request.headers.authorization ?? '')?.[1];
    const owner = key === undefined ? await sessions.ownerOf(cookieOf(request)) : await keys.ownerOf(key);
    if (owner === undefined) {
      const retryAfterSeconds = key === undefined ? 0 : wrongKeys.add(request.ip);
      if (retryAfterSeconds === 0) throw new ProblemError('unauthenticated');
      throw new ProblemError(
        'rate-limited',
        `An address may send ${mostWrongKeys} requests a minute with wrong keys.`,
        {
          limit: mostWrongKeys,
          retryAfterSeconds,
        },
      );
    }
    const isOwnPage = request.headers['sec-fetch-site'] === 'same-origin';
    if (key === undefined && !safeMethods.has(request.method) && !isOwnPage)
      throw new ProblemError('cross-site-request');
    request.tenant = owner.tenant;
    request.keyId = owner.keyId;
    request.whenKeyIsWithdrawn = (listener) => keys.whenWithdrawn(owner.keyId, listener);
  });
});
