/**
 * Installs and builds what is missing, so that every command works right after `git clone`.
 * `node_modules` is made again when the lock file changed, `dist` when a source changed (tsc's own incremental check).
 * An installation without sources, such as a container image, is complete and left alone. Uses nothing outside Node itself. As a program it exits non-zero when a step fails; as a module call `bootstrap()`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const installStamp = path.join(root, 'node_modules', '.installed-from');

function step(what, command, args) {
  process.stderr.write(`mediclip: ${what} …\n`);
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    env: { ONNXRUNTIME_NODE_INSTALL: 'skip', ...process.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}`);
  throw new Error(`${what} failed: ${command} ${args.join(' ')}`);
}

export function bootstrap() {
  const isInstallation = !existsSync(path.join(root, 'tsconfig.json'));
  if (isInstallation) return;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Node ${process.versions.node} is too old: install Node 20.19 or newer`);
  }
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  const installed = existsSync(installStamp) && readFileSync(installStamp, 'utf8') === lock;
  if (!installed) {
    step('installing packages', 'npm', ['ci', '--no-progress', '--loglevel=error']);
    mkdirSync(path.dirname(installStamp), { recursive: true });
    writeFileSync(installStamp, lock);
  }
  step('building', process.execPath, [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b']);
  step('building the page', process.execPath, [path.join(root, 'scripts', 'build-page.mjs')]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    bootstrap();
  } catch (error) {
    process.stderr.write(`mediclip: ${error.message}\n`);
    process.exitCode = 1;
  }
}
