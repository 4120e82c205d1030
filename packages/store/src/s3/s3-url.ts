import { z } from 'zod';
import { StoreMisconfigured } from '../errors.js';

export interface S3Place {
  readonly bucket: string;
  /** Empty, or ends with '/': every key begins with it. */
  readonly prefix: string;
  /** URL of a server other than AWS's. */
  readonly endpoint?: string;
  readonly region?: string;
}

const querySchema = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  region: z.string().min(1).optional(),
});

/** Reads `s3://bucket/prefix?endpoint=http://host:9000&region=eu-central-1`. Throws `StoreMisconfigured`. */
export function parseS3Url(url: string): S3Place {
  const { hostname: bucket, pathname, searchParams, username, password } = new URL(url);
  const query = querySchema.safeParse(Object.fromEntries(searchParams));
  if (!query.success) {
    throw new StoreMisconfigured(
      `The store URL's query is not understood (${query.error.issues[0]!.message}): only endpoint (a URL) and region may stand there.`,
    );
  }
  if (username || password) {
    throw new StoreMisconfigured(
      'The store URL holds credentials: give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, so that no log shows them.',
    );
  }
  if (bucket === '') throw new StoreMisconfigured('The store URL names no bucket: write s3://bucket/prefix.');
  const prefix = decodeURIComponent(pathname).split('/').filter(Boolean).join('/');
  const { endpoint, region } = query.data;
  return { bucket, prefix: prefix && `${prefix}/`, ...(endpoint && { endpoint }), ...(region && { region }) };
}
