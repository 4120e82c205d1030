/**
 * Installs and builds what is missing, so that every command works right after `git clone`.
 * `node_modules` is made again when the lock file changed, `dist` when the name, size or time of a source changed since
 * the last build; to look at them takes some milliseconds, where the compiler's own check takes seconds. An
 * installation without sources, such as a container image, is complete and left alone. Uses nothing outside Node
 * itself. As a program it exits non-zero when a step fails; as a module call `bootstrap()`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const installStamp = path.join(root, 'node_modules', '.installed-from');

const buildStamp = path.join(root, 'node_modules', '.built-from');
/** What the build ends with: without one of these it is made again whatever the stamp says. */
const products = ['apps/cli/dist/index.js', 'apps/page/dist/site/index.html'];
/** What is built, and what builds it. */
const sources = ['packages', 'apps', 'examples', 'scripts', 'tsconfig.json', 'tsconfig.base.json', 'package-lock.json'];
const notSources = new Set(['node_modules', 'dist']);

/** One digest of the name, size and time of every source; reads none of them. */
export function stateOfSources() {
  const hash = createHash('sha256');
  const add = (file) => {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isDirectory()) {
      for (const name of readdirSync(file).sort()) {
        if (!notSources.has(name) && !name.endsWith('.tsbuildinfo')) add(path.join(file, name));
      }
    } else if (found) hash.update(`${path.relative(root, file)} ${found.size} ${found.mtimeMs}\n`);
  };
  for (const source of sources) add(path.join(root, source));
  return hash.digest('hex');
}

function build() {
  const state = stateOfSources();
  const isBuilt =
    existsSync(buildStamp) &&
    readFileSync(buildStamp, 'utf8') === state &&
    products.every((file) => existsSync(path.join(root, file)));
  if (isBuilt) return;
  rmSync(buildStamp, { force: true });
  step('building', process.execPath, [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b']);
  step('building the page', process.execPath, [path.join(root, 'scripts', 'build-page.mjs')]);
  // The state from before the build: what changed while it ran is built next time.
  writeFileSync(buildStamp, state);
}

function step(what, command, args) {
  process.stderr.write(`mediclip: ${what} …\n`);
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}`);
  throw new Error(`${what} failed: ${command} ${args.join(' ')}`);
}

/** Whether a version is in a range of the form `^20.19.0 || >=24.0.0`. */
export function isWithin(version, range) {
  const [major, minor] = version.split('.').map(Number);
  return range.split(' || ').some((part) => {
    const [, sign, lowestMajor, lowestMinor] = /^(\^|>=)(\d+)\.(\d+)\.0$/.exec(part);
    if (major === Number(lowestMajor)) return minor >= Number(lowestMinor);
    return sign === '>=' && major > Number(lowestMajor);
  });
}

export function bootstrap() {
  const isInstallation = !existsSync(path.join(root, 'tsconfig.json'));
  if (isInstallation) return;
  const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  if (!isWithin(process.versions.node, engines.node)) {
    throw new Error(
      `Node ${process.versions.node} does not fit: install the newest one with long-term support (${engines.node})`,
    );
  }
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  const installed = existsSync(installStamp) && readFileSync(installStamp, 'utf8') === lock;
  if (!installed) {
    step('installing packages', 'npm', ['ci', '--no-progress', '--loglevel=error']);
    const foreign = path.join(root, 'scripts', 'remove-foreign-binaries.mjs');
    step('removing binaries of other platforms', process.execPath, [foreign]);
    mkdirSync(path.dirname(installStamp), { recursive: true });
    writeFileSync(installStamp, lock);
  }
  build();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    bootstrap();
  } catch (error) {
    process.stderr.write(`mediclip: ${error.message}\n`);
    process.exitCode = 1;
  }
}
