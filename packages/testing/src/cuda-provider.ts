import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const sources = path.join(root, 'scripts', 'cuda-provider');

/**
 * A copy of onnxruntime-node with its CUDA provider, and the CUDA libraries that the provider links, on a machine
 * without a GPU.
 */
export interface CudaProvider {
  /** The provider, beside ONNX Runtime's own library. */
  readonly file: string;
  /** ONNX Runtime's own library as npm has it, and as the provider's wheel has it. */
  readonly onnxRuntimes: readonly [npm: string, wheel: string];
  /** The folder of the CUDA libraries: all but the driver's. */
  readonly libraries: string;
  /** Makes a driver of a version (13000 is CUDA 13.0) that knows no device. The folder of its `libcuda.so.1`. */
  driver(version: number): string;
  /** Arguments for `node` with which `onnxruntime-node` is the copy. */
  readonly nodeArguments: readonly string[];
}

/**
 * The provider that the GPU image gets and the CUDA libraries of its base, downloaded once (732 MB) into
 * `node_modules/.cache`; null after a loud line where that cannot be, and the tests that need them are to be skipped
 * then.
 */
export function findCudaProvider(): CudaProvider | null {
  try {
    return prepare();
  } catch (error) {
    console.warn(`SKIPPED: ONNX Runtime's CUDA provider is not loaded (${(error as Error).message}).`);
    return null;
  }
}

function prepare(): CudaProvider {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('it is made for Linux on x86-64');
  run('cc', ['--version']);
  const folder = path.join(root, 'node_modules', '.cache', 'mediclip', `cuda-provider-${digestOfSources()}`);
  if (!existsSync(folder)) {
    const making = `${folder}.${process.pid}`;
    try {
      fill(making);
      if (!existsSync(folder)) renameSync(making, folder);
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  }
  const native = path.join(folder, 'onnxruntime-node', 'bin', 'napi-v6', 'linux', 'x64');
  const copy = new URL(`file://${path.join(folder, 'onnxruntime-node', 'dist', 'index.js')}`).href;
  const hooks = `export const resolve = (name, context, next) => name === 'onnxruntime-node' ? { url: '${copy}', shortCircuit: true } : next(name, context);`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(moduleOf(hooks))});`;
  return {
    file: path.join(native, 'libonnxruntime_providers_cuda.so'),
    onnxRuntimes: [path.join(native, 'libonnxruntime.so.1'), path.join(folder, wheelOnnxRuntime)],
    libraries: path.join(folder, 'libraries'),
    driver: (version) => makeDriver(folder, version),
    nodeArguments: ['--import', moduleOf(register)],
  };
}

/** The library of the provider's wheel, kept to compare it. */
const wheelOnnxRuntime = 'libonnxruntime-of-wheel.so';

const moduleOf = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

/** What is downloaded, with hashes. */
const lists = ['requirements.txt', 'cuda-libraries.txt'];

function digestOfSources(): string {
  const digest = createHash('sha256');
  for (const list of lists) digest.update(readFileSync(path.join(sources, list)));
  return digest.digest('hex').slice(0, 16);
}

function fill(folder: string): void {
  const wheels = path.join(folder, 'wheels');
  const libraries = path.join(folder, 'libraries');
  mkdirSync(wheels, { recursive: true });
  mkdirSync(libraries);
  const platforms = ['manylinux_2_28_x86_64', 'manylinux_2_27_x86_64', 'manylinux2014_x86_64'];
  const python = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--retries', '1', '--no-deps'];
  const target = ['--only-binary=:all:', '--python-version', '3.12', ...platforms.flatMap((p) => ['--platform', p])];
  for (const list of lists) {
    run('python3', [...python, '--require-hashes', ...target, '--dest', wheels, '--requirement', list], sources);
  }
  const unpacked = path.join(folder, 'unpacked');
  for (const wheel of readdirSync(wheels)) {
    run('python3', ['-m', 'zipfile', '--extract', path.join(wheels, wheel), unpacked]);
    rmSync(path.join(wheels, wheel));
  }
  const onnxRuntime = path.join(folder, 'onnxruntime-node');
  const require = createRequire(import.meta.url);
  const original = path.dirname(path.dirname(require.resolve('onnxruntime-node')));
  const foreign = /napi-v6\/(darwin|win32|linux\/arm64)$/;
  cpSync(original, onnxRuntime, { recursive: true, filter: (source) => !foreign.test(source) });
  const common = path.dirname(createRequire(path.join(original, 'dist', 'index.js')).resolve('onnxruntime-common'));
  cpSync(path.join(common, '..', '..'), path.join(folder, 'node_modules', 'onnxruntime-common'), { recursive: true });
  const native = path.join(onnxRuntime, 'bin', 'napi-v6', 'linux', 'x64');
  const wheel = path.join(unpacked, 'onnxruntime', 'capi');
  for (const name of ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so']) {
    linkSync(path.join(wheel, name), path.join(native, name));
  }
  const own = readdirSync(wheel).find((name) => name.startsWith('libonnxruntime.so.'))!;
  linkSync(path.join(wheel, own), path.join(folder, wheelOnnxRuntime));
  const cuda = path.join(unpacked, 'nvidia', 'cu13', 'lib');
  for (const name of readdirSync(cuda)) {
    if (/^lib(cudart|cublas|cublasLt|curand)\.so\.\d+$/.test(name)) {
      linkSync(path.join(cuda, name), path.join(libraries, name));
    }
  }
  for (const done of [wheels, unpacked]) rmSync(done, { recursive: true });
}

function makeDriver(folder: string, version: number): string {
  const place = path.join(folder, `driver-${version}`);
  const library = path.join(place, 'libcuda.so.1');
  mkdirSync(place, { recursive: true });
  const source = path.join(sources, 'stub-driver.c');
  run('cc', ['-shared', '-fPIC', `-DDRIVER_VERSION=${version}`, '-Wl,-soname,libcuda.so.1', '-o', library, source]);
  return place;
}

/** Throws an Error with the program's last line when it fails. */
function run(program: string, args: readonly string[], cwd: string = root) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(error?.message ?? `${program}: ${stderr.trim().split('\n').at(-1)}`);
  return { stdout };
}
