import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, symlink, unlink, utimes } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { makeFolder } from './make-folder.js';

const markName = '.alive';
const nameOf = /^([a-z]+)-([0-9a-f]{8})-[0-9a-f-]{36}$/;

/**
 * How often a process touches its mark, and how long a mark from elsewhere may be untouched before its process counts
 * as dead.
 */
const touchEveryMs = 60_000;
const silentMs = 600_000;

/** The longest path of a Unix domain socket that every system takes. */
const longestSocketPath = 100;

/** A folder of a running process that others can see. */
export interface FoundFolder {
  /** What its process made it for. */
  readonly purpose: string;
  readonly path: string;
}

/**
 * A folder that belongs to this process as long as it lives. In it lies a socket on which the process listens: the
 * kernel lets go of it when the process ends, however it ends, so any other process, in another container too, finds
 * out by connecting whether the folder still belongs to anybody. Where that cannot tell (a folder that several machines
 * share, the time before a restart of the machine, a file system without sockets), a folder counts as left behind when
 * its mark was not touched for ten minutes.
 */
export class ProcessFolder {
  readonly path: string;
  readonly #server: Server | undefined;
  readonly #touching: NodeJS.Timeout;

  private constructor(folder: string, server: Server | undefined) {
    this.path = folder;
    this.#server = server;
    const mark = path.join(folder, markName);
    this.#touching = setInterval(() => {
      const now = new Date();
      utimes(mark, now, now).catch(() => undefined);
    }, touchEveryMs).unref();
  }

  /**
   * Makes `<parent>/<purpose>-<machine>-<uuid>`; `purpose` has lower-case letters only. `parent` is made when it is
   * missing.
   */
  static async make(parent: string, purpose: string): Promise<ProcessFolder> {
    await makeFolder(parent);
    const name = `${purpose}-${await machine()}-${randomUUID()}`;
    const target = path.join(parent, name);
    // Nobody may find it before it has its mark.
    const hidden = path.join(parent, `.${name}`);
    await mkdir(hidden);
    const server = await listenIn(hidden);
    await rename(hidden, target);
    return new ProcessFolder(target, server);
  }

  /** Removes the folder with everything in it. */
  async remove(): Promise<void> {
    clearInterval(this.#touching);
    this.#server?.close();
    await rm(this.path, { recursive: true, force: true });
  }
}

/** The folders of `parent` whose processes live. */
export async function livingFolders(parent: string): Promise<FoundFolder[]> {
  return (await foundFolders(parent)).filter(({ isAlive }) => isAlive);
}

/** Removes the folders of `parent` whose processes are dead, whatever their age. */
export async function removeDeadFolders(parent: string): Promise<void> {
  for (const { path: folder, isAlive } of await foundFolders(parent)) {
    if (!isAlive) await rm(folder, { recursive: true, force: true });
  }
}

async function foundFolders(parent: string): Promise<(FoundFolder & { isAlive: boolean })[]> {
  const names = await readdir(parent).catch(() => []);
  const here = await machine();
  const found = names.map(async (name) => {
    const [, purpose, where] = nameOf.exec(name) ?? [];
    const folder = path.join(parent, name);
    return purpose === undefined
      ? []
      : [{ purpose, path: folder, isAlive: await isAlive(path.join(folder, markName), where === here) }];
  });
  return (await Promise.all(found)).flat();
}

async function isAlive(mark: string, isHere: boolean): Promise<boolean> {
  const found = await stat(mark).catch(() => undefined);
  if (found === undefined) return false;
  if (isHere && found.isSocket()) return answers(mark);
  return found.mtimeMs > Date.now() - silentMs;
}

function answers(mark: string): Promise<boolean> {
  return throughShortPath(
    path.dirname(mark),
    (folder) =>
      new Promise((resolve) => {
        const socket = connect(path.join(folder, markName));
        socket.once('connect', () => resolve(true)).on('error', () => resolve(false));
        socket.once('close', () => socket.destroy());
        socket.once('connect', () => socket.destroy());
      }),
  );
}

/** Listens on the mark of a folder; where that is not possible, the mark is a file. */
async function listenIn(folder: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy()).unref();
  try {
    await throughShortPath(
      folder,
      (short) =>
        new Promise<void>((resolve, reject) => {
          // Later errors concern connections that others have tried, and nobody here.
          server.on('error', reject).listen(path.join(short, markName), resolve);
        }),
    );
    return server;
  } catch {
    await (await open(path.join(folder, markName), 'w')).close();
    return undefined;
  }
}

/** Sockets take short paths only: a long folder is gone through a link to it. */
async function throughShortPath<T>(folder: string, use: (short: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(path.join(folder, markName)) <= longestSocketPath) return use(folder);
  const link = path.join(tmpdir(), `mediclip-${randomUUID().slice(0, 13)}`);
  await symlink(path.resolve(folder), link);
  try {
    return await use(link);
  } finally {
    await unlink(link);
  }
}

let known: Promise<string> | undefined;

/** Eight hexadecimal digits that name this start of this machine, the same in all of its containers. */
function machine(): Promise<string> {
  known ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (id) => id.slice(0, 8),
    () => Buffer.from(hostname()).toString('hex').padEnd(8, '0').slice(-8),
  );
  return known;
}
