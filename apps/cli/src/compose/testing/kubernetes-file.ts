import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly resources: { readonly [of in 'requests' | 'limits']: Readonly<Record<string, string>> };
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: object;
  readonly containers: readonly [Container];
  readonly tolerations?: readonly object[];
  readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
}

/** An object of Kubernetes, as far as the tests look at it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly template: { readonly metadata: { readonly labels: object }; readonly spec: PodSpec };
    readonly selector: { readonly matchLabels: object };
    readonly scaleTargetRef: { readonly name: string };
    readonly cooldownPeriod: number;
    readonly podSelector: { readonly matchLabels: object };
    readonly policyTypes: readonly string[];
    readonly triggers: readonly { readonly metadata: { readonly query: string } }[];
  };
}

/** Why the overlays cannot be built here; undefined where they can. */
export const whyNoKubectl = spawnSync('kubectl', ['version', '--client']).error && 'there is no kubectl';

/** What `kubectl apply --kustomize` would apply of an overlay, as text. */
export function kustomized(overlay: string): string {
  const folder = fileURLToPath(new URL(`../../../../../deploy/kubernetes/overlays/${overlay}`, import.meta.url));
  const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
  if (status !== 0 || stderr !== '') throw new Error(`kubectl kustomize ${overlay} ended with ${status}: ${stderr}`);
  return stdout;
}

/** The objects of an overlay. */
export const objectsOf = (overlay: string): KubernetesObject[] =>
  parseAllDocuments(kustomized(overlay)).map((document) => document.toJS() as KubernetesObject);
