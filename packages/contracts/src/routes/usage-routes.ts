import { usageSchema } from '../resources/usage.js';
import { json, type Route } from './route.js';

export const usageRoutes = {
  getUsage: {
    method: 'GET',
    path: '/v1/usage',
    tag: 'service',
    summary: 'What do I use, and what may I?',
    description:
      'Of the tenant of the key: what is stored and which jobs have not ended, beside the limits of the server.',
    replies: { 200: json('The use and the limits.', usageSchema) },
  },
} as const satisfies Record<string, Route>;
