import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { findCudaProvider } from '@mediclip/testing';

const top = new URL('../../../../', import.meta.url);
const textOf = (name: string) => readFileSync(new URL(name, top), 'utf8');
/** The oldest driver of a CUDA major version, by NVIDIA's table of minor version compatibility. */
const drivers: Readonly<Record<string, string>> = { 12: '525', 13: '580' };

const lock = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, { version: string }> };
const requirement = textOf('scripts/cuda-provider/requirements.txt');
const libraries = textOf('scripts/cuda-provider/cuda-libraries.txt');
const dockerfile = textOf('Dockerfile.gpu');
const [, cuda, minor] = /^ARG CUDA_IMAGE=nvidia\/cuda:(\d+)\.(\d+)\.\d+-cudnn-runtime-ubuntu24\.04$/m.exec(dockerfile)!;

describe('the CUDA provider of the GPU image', () => {
  test('is of the version of the library, and pinned by its hash', () => {
    const { version } = lock.packages['node_modules/onnxruntime-node']!;
    expect(requirement).toMatch(
      new RegExp(`^onnxruntime-gpu==${version.replaceAll('.', '\\.')} --hash=sha256:[0-9a-f]{64}$`, 'm'),
    );
    expect(dockerfile).toMatch(/pip download .*--require-hashes/);
    expect(dockerfile).toContain('COPY scripts/cuda-provider/requirements.txt');
  });

  test('meets the CUDA version that it is made for in the base image, and its cuDNN', () => {
    expect(requirement).toContain(`made for CUDA ${cuda}.`);
    expect(libraries).toContain(`nvidia-cuda-runtime==${cuda}.${minor}.`);
    expect(dockerfile).toContain('libcudnn\\.so\\.9');
  });

  test('is refused on other machines than x86-64, with a sentence', () => {
    const [provider] = dockerfile.split(/^(?=FROM )/m).filter((stage) => stage.includes(' AS provider\n'));
    expect(provider).toMatch(/uname -m.*x86_64[\s\S]*echo '[A-Z][^']+\.'; exit 1/);
  });

  test.each(['Dockerfile.gpu', 'docs/operations.md', 'docs/performance.md'])('%s names its CUDA and driver', (name) => {
    const text = textOf(name);
    const said = (pattern: RegExp) => new Set([...text.matchAll(pattern)].map(([, version]) => version));
    expect(said(/CUDA (\d+)/g)).toEqual(new Set([cuda]));
    expect(said(/driver (\d{3})/g)).toEqual(new Set([drivers[cuda!]]));
  });
});

const found = findCudaProvider();
const withProvider = found === null ? describe.skip : describe;

withProvider('the CUDA provider, loaded without a GPU', () => {
  const provider = found!;
  const engine = new URL('packages/engine/dist/direct/index.js', top).href;
  const program = (device: string) => `
    const { openOrtRuntime } = await import('${engine}');
    const { passedOver, message } = await openOrtRuntime({ device: '${device}', threads: 1 }).catch((error) => error);
    console.log(passedOver ?? message, process.env.NVIDIA_TF32_OVERRIDE);`;
  /** What the engine says of a device when the dynamic loader looks for libraries in these folders. */
  const saidOf = (device: string, ...folders: readonly string[]) =>
    spawnSync(process.execPath, [...provider.nodeArguments, '--input-type=module', '--eval', program(device)], {
      env: { ...process.env, LD_LIBRARY_PATH: folders.join(':') },
      encoding: 'utf8',
    }).stdout.trim();

  test('links the CUDA version of the base image', () => {
    const { stdout } = spawnSync('ldd', [provider.file], { encoding: 'utf8' });
    expect(
      new Set([...stdout.matchAll(/lib(?:cudart|cublas|cublasLt)\.so\.(\d+)/g)].map(([, major]) => major)),
    ).toEqual(new Set([cuda]));
  });

  test('is built from the same commit as the library', () => {
    const [npm, wheel] = provider.onnxRuntimes.map(
      (file) => /git-commit-id=([0-9a-f]+)/.exec(readFileSync(file, 'latin1'))?.[1],
    );
    expect(npm).toMatch(/^[0-9a-f]{7,}$/);
    expect(wheel).toBe(npm);
  });

  test('finds no device under a driver that has none', () => {
    const reason = 'there is no NVIDIA device here (no CUDA-capable device is detected)';
    const folders = [provider.libraries, provider.driver(13_000)];
    expect(saidOf('cuda', ...folders)).toBe(
      `The device cuda did not load (${reason}); mend that or choose the device cpu. 0`,
    );
    expect(saidOf('auto', ...folders)).toBe(`There is ${provider.file}, but CUDA did not load: ${reason}. 0`);
  });

  test('says that a driver is too old', () => {
    expect(saidOf('cuda', provider.libraries, provider.driver(12_080))).toContain('driver 580 or newer');
  });

  test('says which library is missing', () => {
    expect(saidOf('cuda', provider.libraries)).toContain(
      "NVIDIA's driver is missing, which brings the library libcuda.so.1",
    );
    expect(saidOf('cuda', provider.driver(13_000))).toContain('the library libcublasLt.so.13 of CUDA 13');
  });
});
