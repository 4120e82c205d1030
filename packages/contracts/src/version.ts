import { readFileSync } from 'node:fs';

const manifest: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** Version of the service: of its answers, its models' lineage and `openapi.yaml`. */
export const serviceVersion: string = manifest.version;
