import { sessionRequestSchema, sessionSchema } from '../resources/sessions.js';
import { deleted, json, type Route } from './route.js';

/** What reading the secret that signs cookies may answer: it is in the store. */
const ofSecret = ['store-unavailable', 'store-forbidden', 'storage-full', 'too-many-open-files'] as const;

export const sessionRoutes = {
  createSession: {
    method: 'POST',
    path: '/session',
    tag: 'service',
    summary: 'Sign a browser in with an API key',
    description:
      'Sets a signed cookie that names the key, lasts for seven days at most and ends with the key. Requests that change something are let in ' +
      'by the cookie only with `Sec-Fetch-Site: same-origin`, which browsers send by themselves to servers on HTTPS or loopback.',
    body: { json: sessionRequestSchema },
    replies: { 200: json('The session.', sessionSchema) },
    problems: ['unauthenticated', 'validation-failed', 'rate-limited', ...ofSecret],
    open: true,
  },
  getSession: {
    method: 'GET',
    path: '/session',
    tag: 'service',
    summary: 'Is this browser signed in?',
    replies: { 200: json('Whether it is.', sessionSchema) },
    problems: ofSecret,
    open: true,
  },
  deleteSession: {
    method: 'DELETE',
    path: '/session',
    tag: 'service',
    summary: 'Sign this browser out',
    replies: { 204: deleted },
    open: true,
  },
} as const satisfies Record<string, Route>;
