import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { findPython } from '@mediclip/testing';
import { readCompose } from './testing/compose-file.js';
import { kustomized, objectsOf, whyNoKubectl } from './testing/kubernetes-file.js';

if (whyNoKubectl) console.warn(`SKIPPED: the overlays for Kubernetes, because ${whyNoKubectl}.`);
const withKubectl = whyNoKubectl ? describe.skip : describe;

/**
 * Prints as JSON, for each of the texts that standard input has as JSON, what the schemas of Kubernetes say against its
 * objects, and against those of KEDA its definitions. To load them takes seconds.
 */
const validator = `
import json, sys, yaml, kubernetes_validate, pydantic
from cloudcoil.models.keda.v1alpha1 import ScaledObject

def faults(found):
    if found["kind"] != "ScaledObject":
        try:
            kubernetes_validate.validate(found, "1.32", strict=True)
        except kubernetes_validate.ValidationError as error:
            yield error.message
        return
    try:
        known = ScaledObject.model_validate(found).model_dump(mode="json", by_alias=True, exclude_unset=True)
        if known["spec"] != found["spec"]:
            yield f"has more than {known['spec']}"
    except pydantic.ValidationError as error:
        yield str(error)

def said(text):
    for found in yaml.safe_load_all(text):
        for fault in faults(found):
            yield f"{found['kind']} {found['metadata']['name']} {fault}"

print(json.dumps([list(said(text)) for text in json.load(sys.stdin)]))
`;
const packages = [
  ...['kubernetes-validate==1.37.0', 'pyyaml==6.0.3', 'setuptools==80.9.0'],
  ...['cloudcoil-models-keda==2.16.1.0', 'pydantic==2.14.4'],
];
const python = whyNoKubectl ? null : findPython(packages);
const withSchemas = python === null ? test.skip : test;

const overlays = [
  ['cpu', 'worker', 'cpu'],
  ['gpu', 'worker-gpu', 'cuda'],
] as const;

withSchemas('the overlays keep to the schemas of Kubernetes and KEDA, which find what is wrong in one', () => {
  const right = overlays.map(([overlay]) => kustomized(overlay));
  const wrong = right.map((text) =>
    text
      .replace('readOnlyRootFilesystem', 'readOnlyRootFileSystem')
      .replace('stabilizationWindowSeconds', 'stabilisationWindowSeconds'),
  );
  const input = JSON.stringify([...right, ...wrong]);
  const { status, stdout, stderr } = spawnSync(python!, ['-c', validator], { input, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const found = JSON.parse(stdout) as string[][];
  expect(found.slice(0, right.length)).toEqual(right.map(() => []));
  for (const [i, [, worker]] of overlays.entries()) {
    expect(found[right.length + i]).toEqual([
      expect.stringContaining('readOnlyRootFileSystem'),
      expect.stringContaining(`ScaledObject ${worker} has more than`),
    ]);
  }
});

withKubectl.each(overlays)('the overlay %s', (overlay, worker, device) => {
  const objects = objectsOf(overlay);
  const named = (kind: string, name: string) =>
    objects.find((found) => found.kind === kind && found.metadata.name === name)!;
  const settings = objects.find(({ kind }) => kind === 'ConfigMap')!.data!;
  const deployments = ['api', worker].map((name) => named('Deployment', name));

  test('runs API and worker with the images and the rights of the compose file', () => {
    const services = readCompose().services;
    for (const deployment of deployments) {
      const { spec } = deployment.spec.template;
      const [container] = spec.containers;
      const service = services[deployment.metadata.name]!;
      expect([container.image, container.args]).toEqual([service.image, service.command]);
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: service.cap_drop },
      });
      expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(settings.MEDICLIP_SHUTDOWN_GRACE_SECONDS));
      expect(spec.volumes.find(({ secret }) => secret)).toMatchObject({ secret: { secretName: 'mediclip' } });
    }
    const { env, resources } = deployments[1]!.spec.template.spec.containers[0];
    expect(env).toEqual([
      { name: 'MEDICLIP_DEVICE', value: device },
      { name: 'MEDICLIP_ENGINE_THREADS', value: resources.requests.cpu },
    ]);
  });

  test('keeps secrets in files, as the compose file does', () => {
    const secretive = Object.entries(settings).filter(([name]) => /PASSWORD|CREDENTIAL|KEY/.test(name));
    expect(secretive).toHaveLength(3);
    for (const [name, value] of secretive) {
      expect(name).toMatch(/_FILE$/);
      expect(value).toBe(readCompose().services.api!.environment![name]!.replace('secrets/', 'secrets/mediclip/'));
    }
  });

  test('asks for a GPU where it needs one', () => {
    const { spec } = deployments[1]!.spec.template;
    const isGpu = overlay === 'gpu';
    expect(spec.containers[0].resources.limits['nvidia.com/gpu']).toBe(isGpu ? '1' : undefined);
    expect(spec.tolerations).toEqual(
      isGpu ? [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }] : undefined,
    );
  });

  test('adds workers by the depth of the queue, and takes them away slower than they end', () => {
    const { spec } = named('ScaledObject', worker);
    expect(spec.scaleTargetRef.name).toBe(worker);
    expect(spec.triggers[0]!.metadata.query).toContain('mediclip_queue_depth');
    const { terminationGracePeriodSeconds } = deployments[1]!.spec.template.spec;
    expect(spec.cooldownPeriod).toBeGreaterThan(terminationGracePeriodSeconds);
  });

  test('lets no node be emptied of all its pods, and closes every pod to what it need not talk to', () => {
    for (const { metadata, spec } of deployments) {
      const { labels } = spec.template.metadata;
      expect(labels).toMatchObject(named('PodDisruptionBudget', metadata.name).spec.selector.matchLabels);
      const policies = objects.filter(
        ({ kind, spec: policy }) =>
          kind === 'NetworkPolicy' &&
          Object.entries(policy.podSelector.matchLabels).every((pair) =>
            Object.entries(labels).join().includes(pair.join()),
          ),
      );
      expect(new Set(policies.flatMap(({ spec: { policyTypes } }) => policyTypes))).toEqual(
        new Set(['Ingress', 'Egress']),
      );
    }
  });
});
