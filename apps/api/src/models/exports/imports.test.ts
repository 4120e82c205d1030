import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listBackbones, readSafetensors, writeSafetensors } from '@mediclip/backbones';
import type { Model } from '@mediclip/contracts';
import { type ArchiveEntry, encrypted, zip } from '../../testing/archives.js';
import { closeSharedPool, freshKey, TestService, unknownId } from '../../testing/test-service.js';

let service: TestService;
let model: Model;
beforeAll(async () => {
  const archives = { packedBytes: 20_000_000, unpackedBytes: 40_000_000, ratio: 20, entries: 40 };
  service = await TestService.start({ settings: { archives, datasetImages: 100 } });
  const { modelId } = await service.model();
  const { json } = await service.get(`/v1/models/${modelId}`);
  model = { ...json, lineage: { ...json.lineage, backboneDigest: listBackbones()[0]!.digest } };
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
const upload = (body: Uint8Array, headers = {}) =>
  service.post('/v1/models/import', { body, headers: { 'content-type': 'application/zip', ...headers } });

/** The tensors of a detector on the bundled backbone, all of one value. */
function tensorsOf(value: number): Uint8Array {
  const tensor = (...shape: number[]) =>
    ({ dtype: 'F32', shape, data: new Float32Array(shape.reduce((a, b) => a * b)).fill(value) }) as const;
  return writeSafetensors([
    ...[40, 112, 320].flatMap((channels, i) => [
      [`adapter.${i}.weight`, tensor(384, channels)] as const,
      [`adapter.${i}.bias`, tensor(384)] as const,
    ]),
    ['states', tensor(2, 384)] as const,
  ]);
}

/** As `tensorsOf`, but the states have another element type. */
function halfPrecisionStates(): Uint8Array {
  const states = { dtype: 'F16', shape: [2, 384], data: new Uint16Array(768) } as const;
  return writeSafetensors(
    [...readSafetensors(tensorsOf(0.05))].map(([name, tensor]) => [name, name === 'states' ? states : tensor]),
  );
}

/** A bank of more patches than an adaptation keeps, and what the record says of it. */
function memoryOf(patches: number) {
  const bank = { dtype: 'F32', shape: [patches, 40], data: new Float32Array(patches * 40) } as const;
  const scales = { dtype: 'F32', shape: [4], data: new Float32Array(4) } as const;
  const tensors = [
    ...readSafetensors(tensorsOf(0.05)),
    ['memory.bank', bank] as const,
    ['memory.scales', scales] as const,
  ];
  return { tensors: writeSafetensors(tensors), detector: { memory: { taps: [model.configuration.taps[0]], patches } } };
}

const calibrationOf = (images: number, scores: number) => ({
  alpha: 0.1,
  threshold: 0.5,
  images,
  scores: Array.from({ length: scores }, (_, i) => i / scores),
  datasetId: model.lineage.datasetId,
  datasetDigest: model.lineage.datasetDigest,
  jobId: model.lineage.jobId,
  createdAt: model.createdAt,
});

/** The files of an export whose digests all fit. */
function exported(changes: { detector?: object; record?: object; tensors?: Uint8Array } = {}): ArchiveEntry[] {
  const { configuration, lineage, lossHistory, selectedEpoch } = model;
  const { backbone: id, backboneDigest: digest } = lineage;
  const description = JSON.stringify({
    formatVersion: 2,
    options: configuration,
    backbone: { id, digest, family: 'efficientnet-lite', licence: 'Apache-2.0' },
    taps: configuration.taps,
    side: 224,
    images: { count: 2, digest: 'none' },
    lossHistory,
    selectedEpoch,
    ...changes.detector,
  });
  const tensors = changes.tensors ?? tensorsOf(0.05);
  const own = `detector.json ${sha256(description)}\ndetector.safetensors ${sha256(tensors)}\n`;
  const record = JSON.stringify({ ...model, digest: sha256(own), ...changes.record });
  return withSums([
    ['detector.json', description],
    ['detector.safetensors', tensors],
    ['model.json', record],
  ]);
}

function withSums(entries: readonly ArchiveEntry[]): ArchiveEntry[] {
  return [...entries, ['SHA256SUMS', entries.map(([name, content]) => `${sha256(content)}  ${name}\n`).join('')]];
}

const without = (name: string) => exported().filter(([entry]) => entry !== name);

describe('an import', () => {
  test.each<[what: string, pack: () => Promise<Buffer>, problem: string, detail?: string]>([
    ['a path that climbs out', () => zip([...exported(), ['../evil', 'x']]), 'archive-unsafe-path'],
    ['an absolute path', () => zip([...exported(), ['/etc/evil', 'x']]), 'archive-unsafe-path'],
    ['a symbolic link', () => zip(exported(), { mode: 0o120777 }), 'archive-link'],
    ['one name twice', () => zip([...exported(), ['model.json', '{}']]), 'archive-duplicate-entry'],
    ['encryption', async () => encrypted(await zip(exported(), { compress: true })), 'archive-encrypted'],
    [
      'a ratio beyond the limit',
      () => zip(withSums([['z', Buffer.alloc(3_000_000)]]), { compress: true }),
      'archive-expands-too-much',
    ],
    ['too many entries', () => zip(Array.from({ length: 41 }, (_, i) => [`${i}`, ''])), 'archive-too-many-entries'],
    ['an end that is missing', async () => (await zip(exported())).subarray(0, 900), 'archive-corrupt'],
    ['nothing', async () => Buffer.alloc(0), 'archive-unsupported-format'],
    ['images', () => zip([['train/normal/a.png', 'x']]), 'model-archive-invalid'],
    ['no record', () => zip(withSums(without('model.json').slice(0, -1))), 'model-archive-invalid'],
    ['a file taken away', () => zip(without('detector.safetensors')), 'model-archive-changed'],
    ['a file added', () => zip([...exported(), ['run-me.sh', 'rm -r /']]), 'model-archive-changed'],
    ['a list that is none', () => zip([...without('SHA256SUMS'), ['SHA256SUMS', 'x\n']]), 'model-archive-changed'],
    [
      'a record of another intensity',
      () => zip(exported({ detector: { intensity: { kind: 'file' } } })),
      'model-archive-invalid',
    ],
    [
      'an intensity that cannot be',
      () => {
        const intensity = { kind: 'percentiles', low: 60, high: 40 };
        return zip(exported({ detector: { intensity }, record: { intensity } }));
      },
      'model-archive-invalid',
    ],
    [
      'a record of another detector',
      () => zip(exported({ record: { digest: 'ab'.repeat(32) } })),
      'model-archive-changed',
    ],
    ['a record with a field too many', () => zip(exported({ record: { admin: true } })), 'model-archive-invalid'],
    ['a detector without tensors', () => zip(exported({ tensors: writeSafetensors([]) })), 'model-archive-invalid'],
    ['tensors that are no numbers', () => zip(exported({ tensors: tensorsOf(Number.NaN) })), 'model-archive-invalid'],
    ['a detector for images of another side', () => zip(exported({ detector: { side: 32 } })), 'model-archive-invalid'],
    ['a detector of another version', () => zip(exported({ detector: { formatVersion: 9 } })), 'model-archive-invalid'],
    ['tensors that are none', () => zip(exported({ tensors: Buffer.from('hello') })), 'model-archive-invalid'],
    [
      'tensors of another element type',
      () => zip(exported({ tensors: halfPrecisionStates() })),
      'model-archive-invalid',
    ],
    ['a memory of another width', () => zip(exported(memoryOf(16))), 'model-archive-invalid'],
    [
      'a memory that is larger than its options',
      () => {
        const { tensors, detector } = memoryOf(17);
        const scoring = { ...model.configuration.scoring, memoryPatches: 16 };
        const options = { ...model.configuration, scoring };
        return zip(exported({ tensors, detector: { ...detector, options } }));
      },
      'model-archive-invalid',
    ],
    [
      'a date before models',
      () => zip(exported({ record: { createdAt: '0001-01-01T00:00:00Z' } })),
      'model-archive-invalid',
    ],
    ['a date to come', () => zip(exported({ record: { createdAt: '9999-01-01T00:00:00Z' } })), 'model-archive-invalid'],
    [
      'a record of 100,000 values that are none of it',
      () => zip(exported({ record: { lineage: { ...model.lineage, imageIds: Array(100_000).fill(0) as never } } })),
      'model-archive-invalid',
      'too many values',
    ],
    [
      'more losses than epochs',
      () => {
        const { epochs } = model.configuration.training;
        const loss = { epoch: 1, loss: 1, focal: 1, dice: 0 };
        return zip(exported({ record: { lossHistory: Array.from({ length: epochs + 1 }, () => loss) } }));
      },
      'model-archive-invalid',
    ],
    [
      'more images than shots',
      () => {
        const imageIds = Array.from({ length: model.configuration.shots + 1 }, () => model.id);
        return zip(exported({ record: { lineage: { ...model.lineage, imageIds } } }));
      },
      'model-archive-invalid',
    ],
    [
      'a calibration on more images than a data set has',
      () => zip(exported({ record: { calibration: calibrationOf(101, 101) } })),
      'model-archive-invalid',
    ],
    [
      'scores of images that were not there',
      () => zip(exported({ record: { calibration: calibrationOf(3, 50) } })),
      'model-archive-invalid',
    ],
    [
      'logits of images that were not there',
      () => zip(exported({ record: { calibration: { ...calibrationOf(3, 3), scoreLogits: [0, 1] } } })),
      'model-archive-invalid',
    ],
    [
      'more copies than a data set has images',
      () => {
        const copies = Array.from({ length: 101 }, () => ({ imageId: model.id, of: model.id }));
        return zip(exported({ record: { lineage: { ...model.lineage, copies } } }));
      },
      'model-archive-invalid',
    ],
    [
      'digests of images that were not there',
      () => {
        const pixelDigests = [
          model.digest,
          ...(model.lineage.pixelDigests ?? model.lineage.imageIds.map(() => model.digest)),
        ];
        return zip(exported({ record: { lineage: { ...model.lineage, pixelDigests } } }));
      },
      'model-archive-invalid',
    ],
    ['taps that are not there', () => zip(exported({ detector: { taps: [4, 900] } })), 'model-archive-invalid'],
    [
      'an unknown backbone',
      () => zip(exported({ record: { configuration: { ...model.configuration, backbone: 'none' } } })),
      'backbone-unknown',
    ],
    [
      'a backbone whose weights are not here',
      () => zip(exported({ record: { configuration: { ...model.configuration, backbone: 'openai-rn50' } } })),
      'backbone-weights-missing',
    ],
    [
      'a backbone of other weights',
      () =>
        zip(
          exported({
            detector: { backbone: { id: 'lite', digest: 'ab'.repeat(32), family: 'x', licence: 'x' } },
          }),
        ),
      'backbone-weights-differ',
    ],
  ])('of an archive with %s is refused whole', async (_, pack, problem, detail = '.') => {
    const before = await service.keys();
    const answer = await upload(await pack());
    expect(answer.problem).toBe(problem);
    expect(answer.json.detail).toMatch(/\.$/);
    expect(answer.json.detail).toContain(detail);
    expect(await service.keys()).toEqual(before);
    expect(service.temporaryFiles).toEqual([]);
  });

  test('makes a model that is there at once, and only one however often it is sent with one key', async () => {
    const headers = { 'idempotency-key': freshKey() };
    const bytes = await zip(exported());
    const made = await upload(bytes, headers);
    expect(made).toMatchObject({ status: 201, json: { lineage: model.lineage, importedAt: expect.any(String) } });
    expect(made.headers.get('location')).toBe(`/v1/models/${made.json.id}`);
    const again = await upload(bytes, headers);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.json).toEqual(made.json);
    expect((await service.get(`/v1/models/${made.json.id}`)).json).toEqual(made.json);
    const archive = await service.get(`/v1/models/${made.json.id}/export`);
    expect(archive.headers.get('content-type')).toBe('application/zip');
    expect((await upload(archive.bytes)).json).toMatchObject({ digest: made.json.digest });
  });

  test('of a model of deep greys keeps how they are rendered, and so does what is exported of it', async () => {
    const intensity = { kind: 'percentiles', low: 1, high: 99 };
    const made = await upload(await zip(exported({ detector: { intensity }, record: { intensity } })));
    expect(made).toMatchObject({ status: 201, json: { intensity } });
    const archive = await service.get(`/v1/models/${made.json.id}/export`);
    expect((await upload(archive.bytes)).json).toMatchObject({ digest: made.json.digest, intensity });
  });

  test('takes zips only', async () => {
    expect((await upload(await zip(exported()), { 'content-type': 'application/json' })).problem).toBe(
      'unsupported-media-type',
    );
  });
});

describe('an export', () => {
  test('of a model that is not there is not found', async () => {
    expect((await service.get(`/v1/models/${unknownId()}/export`)).problem).toBe('not-found');
  });

  test('of a model whose stored files are no detector says so', async () => {
    expect(await service.get(`/v1/models/${model.id}/export`)).toMatchObject({
      status: 500,
      problem: 'digest-mismatch',
    });
  });
});
