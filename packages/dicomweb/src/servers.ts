import { readFileSync } from 'node:fs';
import path from 'node:path';
import { dicomwebServerNameSchema, tenantSchema } from '@mediclip/contracts';
import { z } from 'zod';
import { DicomwebError } from './dicomweb-error.js';

/** A DICOMweb server of a PACS. */
export interface DicomwebServer {
  readonly name: string;
  /** Ends with `/`; `studies` comes after it. */
  readonly url: string;
  /** Files whose first line is the value of a header, by its name. They are read when they are needed. */
  readonly headerFiles: Readonly<Record<string, string>>;
  /** Tenants that may use it; all without. */
  readonly tenants?: readonly string[] | undefined;
}

const serversSchema = z.strictObject({
  servers: z.array(
    z.strictObject({
      name: dicomwebServerNameSchema,
      url: z.url({ protocol: /^https?$/ }),
      headers: z.record(z.string().regex(/^[\w-]+$/), z.strictObject({ file: z.string().min(1) })).default({}),
      tenants: z.array(tenantSchema).optional(),
    }),
  ),
});

/**
 * The servers of a file such as `{"servers": [{"name": "pacs", "url": "https://pacs/dicom-web", "headers":
 * {"Authorization": {"file": "pacs-token"}}}]}`; files of headers are beside it unless their path is absolute. Throws
 * an Error with a sentence for a file that cannot be read or used.
 */
export function parseServers(file: string): DicomwebServer[] {
  const read = serversSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!read.success) throw new Error(z.prettifyError(read.error).replaceAll('\n', ' '));
  const parsed = read.data;
  const names = new Set(parsed.servers.map(({ name }) => name));
  if (names.size < parsed.servers.length) throw new Error('two servers have the same name');
  return parsed.servers.map(({ name, url, headers, tenants }) => {
    const { username, password, search, hash } = new URL(url);
    if (username || password || search || hash) {
      throw new Error(`the URL of ${name} holds more than a place: credentials belong into files of headers`);
    }
    const headerFiles = Object.fromEntries(
      Object.entries(headers).map(([header, { file: value }]) => [header, path.resolve(path.dirname(file), value)]),
    );
    for (const headerFile of Object.values(headerFiles)) headerValueOf(headerFile);
    return { name, url: url.endsWith('/') ? url : `${url}/`, headerFiles, ...(tenants && { tenants }) };
  });
}

/** The value of a header: the first line of its file. Throws an Error that does not tell the value. */
export function headerValueOf(file: string): string {
  const [line = ''] = readFileSync(file, 'utf8').split('\n');
  const value = line.trim();
  if (value === '') throw new Error(`the first line of ${file} is empty`);
  if (!/^[\t\x20-\x7e]+$/.test(value)) throw new Error(`the first line of ${file} is no value of a header`);
  return value;
}

/** The server of this name, if the tenant may use it. Throws a DicomwebError `unknown-server`. */
export function serverOf(servers: readonly DicomwebServer[], name: string, tenant: string): DicomwebServer {
  const found = servers.find((server) => server.name === name && (server.tenants?.includes(tenant) ?? true));
  if (found) return found;
  throw new DicomwebError(
    'unknown-server',
    `There is no DICOMweb server ${name}: MEDICLIP_DICOMWEB_SERVERS_FILE lists those that there are.`,
  );
}
