import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ignoreAbsent } from './durable.js';

/** A name in a folder that somebody was about to make, or to remove. */
export interface Told {
  /** Of this one change. */
  readonly id: string;
  readonly name: string;
  readonly appears: boolean;
}

export interface RecentlyTold {
  /** Names the time since when changes are told without a gap: another one after each gap. */
  readonly since: string;
  readonly told: readonly Told[];
}

/** How the name of an empty file begins that tells of a name that appears, of one that goes, and since when. */
const marks = { appears: '+', goes: '-', since: '=' } as const;

/**
 * What changes in large folders, told by those who change them to those who list them, in all processes and containers:
 * a folder of 100,000 names need not be read as a whole to learn of one more. Whoever lists a folder often begins to
 * listen to it, by making the same folder below `recent`; from then on an empty file `+<id><name>` or `-<id><name>` is
 * made there before a name is made or removed. It is a help, not a promise: an older version of the software, a person
 * or a process that stands still in between change folders untold, so a listener reads the folder now and then all the
 * same.
 */
export class RecentChanges {
  readonly #root: string;
  readonly #recent: string;
  readonly #staging: string;

  /** Absolute paths: of the store, of the folder for what is told, and of the one from which things are removed. */
  constructor(root: string, recent: string, staging: string) {
    this.#root = root;
    this.#recent = recent;
    this.#staging = staging;
  }

  /**
   * Tells that the file or folder at `place` is about to appear or to go, if anybody listens to the folder it is in;
   * returns what `takeBack` needs. Never rejects: on a full disk changes go untold.
   */
  async tell(place: string, change: 'appears' | 'goes'): Promise<string | undefined> {
    const appears = change === 'appears';
    const file = fileOf({ id: newToken(), name: path.basename(place), appears });
    const told = path.join(this.#placeOf(path.dirname(place)), file);
    try {
      await (await open(told, 'wx')).close();
      return told;
    } catch {
      return undefined;
    }
  }

  /** What was told has not been done. */
  async takeBack(told: string | undefined): Promise<void> {
    if (told !== undefined) await rm(told, { force: true });
  }

  /** Begins to listen to `folder`. Never rejects: a store may be one that can only be read. */
  async listen(folder: string): Promise<void> {
    const place = this.#placeOf(folder);
    try {
      await mkdir(place, { recursive: true });
      await (await open(path.join(place, `${marks.since}${newToken()}`), 'wx')).close();
    } catch {
      // Then the folder is read as a whole.
    }
  }

  /** What was told of `folder`; `undefined` when nobody listens to it. */
  async read(folder: string): Promise<RecentlyTold | undefined> {
    const names = (await readdir(this.#placeOf(folder)).catch(ignoreAbsent)) ?? [];
    // Several, where several began at once.
    const since = names.filter((name) => name.startsWith(marks.since));
    if (since.length === 0) return undefined;
    return { since: since.sort().join(), told: names.map(toldBy).filter((told) => told !== undefined) };
  }

  /** Removes what everybody who listens to `folder` has heard. */
  async forget(folder: string, told: readonly Told[]): Promise<void> {
    await Promise.all(told.map((one) => rm(path.join(this.#placeOf(folder), fileOf(one)), { force: true })));
  }

  /**
   * Ends all listening to `folder` and those inside it: because they are no more, or so that nothing is told for ever
   * that nobody lists. Who still lists them begins anew.
   */
  async end(folder = this.#root): Promise<void> {
    const away = path.join(this.#staging, `unheard-${newToken()}`);
    // As a whole, so that nobody hears of one change and not of the next.
    await rename(this.#placeOf(folder), away).catch(ignoreAbsent);
    await rm(away, { recursive: true, force: true });
  }

  #placeOf(folder: string): string {
    return path.join(this.#recent, path.relative(this.#root, folder));
  }
}

const idBytes = 6;
const newToken = () => randomBytes(idBytes).toString('hex');

const tellingName = new RegExp(`^([+-])([0-9a-f]{${2 * idBytes}})(.+)$`);

function fileOf({ id, name, appears }: Told): string {
  return `${appears ? marks.appears : marks.goes}${id}${name}`;
}

function toldBy(file: string): Told | undefined {
  const [, mark, id, name] = tellingName.exec(file) ?? [];
  return id === undefined || name === undefined ? undefined : { id, name, appears: mark === marks.appears };
}
