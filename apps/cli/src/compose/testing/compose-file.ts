import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

interface Service {
  image: string;
  command: string[];
  user?: string;
  read_only?: boolean;
  restart?: string;
  cpus: string;
  mem_limit: string;
  pids_limit: number;
  stop_grace_period?: string;
  cap_drop?: string[];
  security_opt?: string[];
  healthcheck?: { test?: string[]; disable?: boolean };
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: (string | { source: string })[];
  configs?: { source: string; target: string }[];
  depends_on?: Record<string, { condition: string }>;
  deploy: {
    resources: { limits: { cpus: string; memory: string }; reservations?: { devices: unknown[] } };
  };
}

export interface ComposeFile {
  name: string;
  services: Record<string, Service>;
  volumes: Record<string, object>;
  configs: Record<string, { file: string }>;
}

export const composeText = readFileSync(new URL('../../../../../docker-compose.yml', import.meta.url), 'utf8');

/** docker-compose.yml as compose reads it: `${NAME:-default}` filled in from `environment`, `$$` a dollar sign. */
export function readCompose(environment: Readonly<Record<string, string>> = {}): ComposeFile {
  const filled = composeText.replace(/\$\$|\$\{(\w+):-([^}]*)\}/g, (found, name: string, fallback: string) =>
    found === '$$' ? '$' : environment[name] || fallback,
  );
  return parse(filled, { merge: true }) as ComposeFile;
}
