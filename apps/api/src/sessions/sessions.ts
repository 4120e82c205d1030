import { ProblemError, type Session } from '@mediclip/contracts';
import type { ApiKeys, KeyOwner } from '../auth/api-keys.js';
import { mostWrongKeys, WrongKeys } from '../auth/wrong-keys.js';
import type { HandlersOf } from '../http/handlers.js';
import { cookieOf, type Sessions, setCookie } from './session-cookie.js';

interface SessionParts {
  readonly keys: ApiKeys | undefined;
  readonly sessions: Sessions;
}

const withoutKeys: Session = { keysNeeded: false, signedIn: true, tenant: 'default' };

/** Signing in and out with a key. Wrong keys are counted for themselves, as many as with requests that carry a key. */
export function sessionHandlers({
  keys,
  sessions,
}: SessionParts): HandlersOf<'createSession' | 'getSession' | 'deleteSession'> {
  const wrongKeys = new WrongKeys(mostWrongKeys);
  return {
    async createSession({ body, request, reply }) {
      if (keys === undefined) return { json: withoutKeys };
      const owner = await keys.ownerOf(body.key);
      const cookie = owner && (await sessions.make(owner.keyId));
      if (owner === undefined || cookie === undefined) {
        const retryAfterSeconds = wrongKeys.add(request.ip);
        if (retryAfterSeconds === 0) throw new ProblemError('unauthenticated');
        throw new ProblemError('rate-limited', undefined, { limit: mostWrongKeys, retryAfterSeconds });
      }
      reply.header('set-cookie', setCookie(request, cookie));
      return { json: signedIn(owner) };
    },

    async getSession({ request }) {
      if (keys === undefined) return { json: withoutKeys };
      const owner = await sessions.ownerOf(cookieOf(request));
      return { json: owner === undefined ? { keysNeeded: true, signedIn: false } : signedIn(owner) };
    },

    async deleteSession({ request, reply }) {
      reply.header('set-cookie', setCookie(request, ''));
      return undefined;
    },
  };
}

const signedIn = ({ tenant, keyId }: KeyOwner): Session => ({ keysNeeded: true, signedIn: true, tenant, keyId });
