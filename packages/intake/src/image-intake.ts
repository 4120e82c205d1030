import { type FileOutcome, ProblemError, type Upload } from '@mediclip/contracts';
import { type FileNames, keptNames } from './file-names.js';
import { outcomeOf, outcomeOfError, rejected } from './file-outcomes.js';
import type { IncomingImage, IntakeOptions } from './intake-options.js';
import { type OpenFile, openFile } from './open-file.js';
import { StagedImages } from './staged-images.js';

/** A file of which not all is stored. */
interface WaitingFile {
  readonly image: IncomingImage;
  readonly checked: Promise<Checked>;
  readonly index: number;
  readonly stored: Promise<void>;
}

type Checked = { readonly file: OpenFile } | { readonly problem: unknown };

const checkedAtOnce = 4;
const checkedAtOnceBytes = 64 * 1024 * 1024;

/**
 * Takes the files of an upload one after the other: decodes a few at once to check them, stores their bytes in order,
 * those of a file with several frames while the next frames are decoded, and puts all of them into the data set at the
 * end. A bad file becomes an outcome; everything else that goes wrong is thrown, and then `discard` removes what was
 * stored.
 */
export class ImageIntake {
  readonly #outcomes: FileOutcome[] = [];
  /** Files that are not stored yet, in order. */
  readonly #waiting: WaitingFile[] = [];
  /** Ends the work on files that are not wanted any more. */
  readonly #discarded = new AbortController();
  readonly #signal: AbortSignal;
  readonly #staged: StagedImages;
  readonly #names: FileNames;
  /** Settles when the files taken so far are stored. */
  #storing: Promise<void> = Promise.resolve();
  #count: number;

  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#discarded.signal]);
    this.#staged = new StagedImages(options, this.#signal);
    this.#count = options.firstIndex ?? 0;
    this.#names = options.names ?? keptNames;
  }

  /** Takes a file; waits while as many as are checked at once are under way. */
  async add(incoming: IncomingImage): Promise<void> {
    const { fileName, group } = incoming;
    const shown = {
      fileName: this.#names.of(fileName),
      ...(group !== undefined && { group: this.#names.ofGroup(group) }),
    };
    const image = { ...incoming, ...shown };
    const checked = openFile(image, this.#options, this.#signal).then(
      (file) => ({ file }),
      (problem: unknown) => ({ problem }),
    );
    const file = { image, checked, index: this.#count++ };
    // Not when the next file comes: a client that is slow would keep a thread, which belongs to a file until its frames
    // are stored.
    const stored = this.#storing.then(() => this.#storeNext(file));
    stored.catch(() => undefined);
    this.#storing = stored;
    this.#waiting.push({ ...file, stored });
    while (this.#waiting.length >= checkedAtOnce || this.#bytesUnderWay() > checkedAtOnceBytes)
      await this.#waiting[0]?.stored;
  }

  /** Notes a file that is no image of the data set. */
  async skip(fileName: string, reason: string): Promise<void> {
    await this.#storing;
    const shown = { fileName: this.#names.of(fileName), reason: this.#names.inSentence(reason) };
    this.#outcomes.push({ index: this.#count++, outcome: 'skipped', ...shown });
  }

  /** Notes a file that is not usable for a reason that its content does not tell. */
  async reject(fileName: string, problem: ProblemError): Promise<void> {
    await this.#storing;
    const { slug, message, extras } = problem;
    const shown = new ProblemError(slug, this.#names.inSentence(message), extras);
    this.#outcomes.push(rejected(this.#count++, this.#names.of(fileName), shown));
  }

  /** How many images are stored of the files so far, and their bytes with those of their masks. */
  async stored(): Promise<{ readonly images: number; readonly bytes: number }> {
    await this.#storing;
    const { images } = this.#staged;
    const bytes = images.reduce((sum, { sizeBytes, mask }) => sum + sizeBytes + (mask?.sizeBytes ?? 0), 0);
    return { images: images.length, bytes };
  }

  /** Puts the stored images into the data set. */
  async commit(): Promise<Upload> {
    await this.#storing;
    this.#options.signal.throwIfAborted();
    await this.#options.images.commit(this.#options.datasetId, this.#staged.images);
    const count = (outcome: FileOutcome['outcome']) => this.#outcomes.filter((o) => o.outcome === outcome).length;
    return {
      outcomes: this.#outcomes,
      stored: count('stored'),
      rejected: count('rejected'),
      skipped: count('skipped'),
    };
  }

  /** Removes the bytes that were stored, unless they are by now those of a process that has taken over the upload. */
  async discard(): Promise<void> {
    this.#discarded.abort(new Error('The upload was discarded.'));
    await this.#storing.catch(() => undefined);
    const ended = this.#waiting.map(async ({ checked }) => {
      const result = await checked;
      if ('file' in result) await result.file.others.return();
    });
    await Promise.all(ended);
    await this.#staged.discard();
  }

  async #storeNext({ image, checked, index }: Omit<WaitingFile, 'stored'>): Promise<void> {
    const result = await checked;
    this.#signal.throwIfAborted();
    this.#waiting.shift();
    const stored = 'file' in result ? this.#staged.add(image, index, result.file) : Promise.reject(result.problem);
    this.#outcomes.push(
      await stored.then(
        (images) => outcomeOf(index, image, images),
        (error: unknown) => outcomeOfError(index, image.fileName, error),
      ),
    );
  }

  #bytesUnderWay(): number {
    return this.#waiting.reduce((sum, { image }) => sum + image.file.sizeBytes, 0);
  }
}
