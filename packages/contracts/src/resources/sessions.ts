import { z } from 'zod';
import { idSchema, tenantSchema } from './primitives.js';

/** Body of `POST /session`. */
export const sessionRequestSchema = z
  .strictObject({ key: z.string().min(1).max(1000).meta({ description: 'An API key.' }) })
  .meta({ id: 'SessionRequest', description: 'Sign in with an API key.' });

/** Answer of `GET /session` and `POST /session`. */
export const sessionSchema = z
  .strictObject({
    keysNeeded: z.boolean().meta({ description: 'False on a server without API keys, where everybody is let in.' }),
    signedIn: z.boolean().meta({ description: 'Whether requests with this cookie are let in.' }),
    tenant: tenantSchema.optional().meta({ description: 'Whose records are seen; only when signed in.' }),
    keyId: idSchema.optional().meta({ description: 'The API key of the session; only on a server with keys.' }),
  })
  .meta({ id: 'Session', description: 'Whether this browser is signed in.' });

export type Session = z.infer<typeof sessionSchema>;
