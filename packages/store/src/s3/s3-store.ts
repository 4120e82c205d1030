import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { PreconditionFailed, StoreMisconfigured, StoreUnavailable } from '../errors.js';
import { assertFolder, assertKey, assertPrefix } from '../object-keys.js';
import type {
  ListOptions,
  ObjectBody,
  ObjectInfo,
  ObjectStore,
  PutCondition,
  PutResult,
  StoredBytes,
  StoredStream,
} from '../object-store.js';
import { isMissing, s3Failure, toStoreError } from './s3-errors.js';
import type { S3Place } from './s3-url.js';

const partBytes = 8 * 1024 * 1024;
const deadUploadMs = 86_400_000;
const mostPerRequest = 1000;

/** Objects in a bucket of S3 or a server that speaks it, conditional writes included (`check` finds out). */
export class S3Store implements ObjectStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #place: string;
  #keepsConditions = false;

  /** Credentials come from the environment, as for every program that uses the AWS SDK. */
  constructor({ bucket, prefix, endpoint, region }: S3Place) {
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#place = `s3://${bucket}/${prefix}${endpoint ? ` on ${endpoint}` : ''}`;
    this.#client = new S3Client({
      region: region ?? process.env.AWS_REGION ?? 'us-east-1',
      ...(endpoint && { endpoint, forcePathStyle: true }),
      maxAttempts: 5,
      requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
      // Many servers other than AWS's know no checksum trailers.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    assertKey(key);
    const found = await this.#unlessMissing(this.#client.send(new HeadObjectCommand(this.#at(key))));
    if (found === undefined) return undefined;
    const { ContentLength = 0, LastModified = new Date(0), ETag = '' } = found;
    return { key, sizeBytes: ContentLength, modifiedAt: LastModified, version: ETag };
  }

  async get(key: string): Promise<StoredBytes | undefined> {
    assertKey(key);
    const found = await this.#unlessMissing(this.#client.send(new GetObjectCommand(this.#at(key))));
    return found && { bytes: await this.#explained(found.Body!.transformToByteArray()), etag: found.ETag! };
  }

  async getStream(key: string): Promise<StoredStream | undefined> {
    assertKey(key);
    const found = await this.#unlessMissing(this.#client.send(new GetObjectCommand(this.#at(key))));
    return found && { stream: found.Body as Readable, sizeBytes: Number(found.ContentLength) };
  }

  async put(key: string, body: ObjectBody, condition: PutCondition = {}): Promise<PutResult> {
    assertKey(key);
    const input: PutObjectCommandInput = {
      ...this.#at(key),
      ...(condition.ifAbsent && { IfNoneMatch: '*' }),
      ...(condition.ifMatch !== undefined && { IfMatch: condition.ifMatch }),
    };
    return body instanceof Uint8Array ? this.#putBytes(key, body, input) : this.#putStream(body, input);
  }

  async delete(key: string): Promise<void> {
    assertKey(key);
    await this.#explained(this.#client.send(new DeleteObjectCommand(this.#at(key))));
  }

  async deleteFolder(folder: string): Promise<void> {
    assertFolder(folder);
    for (;;) {
      const found = await this.list(folder, { limit: mostPerRequest });
      if (found.length === 0) return;
      const Objects = found.map(({ key }) => ({ Key: this.#prefix + key }));
      const { Errors } = await this.#explained(
        this.#client.send(new DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects, Quiet: true } })),
      );
      const failed = Errors?.[0];
      if (failed) {
        throw new StoreUnavailable(
          `The object ${failed.Key} cannot be deleted (${failed.Code}): check the bucket's rules.`,
        );
      }
      if (found.length < mostPerRequest) return;
    }
  }

  async *keys(prefix: string, after = '', wanted = mostPerRequest): AsyncGenerator<string> {
    assertPrefix(prefix);
    let limit = Math.min(wanted, mostPerRequest);
    for (let start = after; ; ) {
      const found = await this.list(prefix, { after: start, limit });
      for (const { key } of found) yield key;
      if (found.length < limit) return;
      start = found.at(-1)!.key;
      limit = mostPerRequest;
    }
  }

  async list(prefix: string, { after = '', limit }: ListOptions): Promise<ObjectInfo[]> {
    assertPrefix(prefix);
    const found: ObjectInfo[] = [];
    for (let start = after; found.length < limit; start = found.at(-1)!.key) {
      const { Contents = [], IsTruncated } = await this.#listOnce(
        { Prefix: this.#prefix + prefix },
        start,
        limit - found.length,
      );
      for (const { Key, Size, LastModified, ETag = '' } of Contents) {
        found.push({
          key: Key!.slice(this.#prefix.length),
          sizeBytes: Size ?? 0,
          modifiedAt: LastModified ?? new Date(0),
          version: ETag,
        });
      }
      if (!IsTruncated || Contents.length === 0) break;
    }
    return found;
  }

  async listFolders(folder: string, { after, limit }: ListOptions): Promise<string[]> {
    assertFolder(folder);
    const Prefix = this.#prefix + folder;
    const found: string[] = [];
    for (let last = after; found.length < limit; last = found.at(-1)) {
      const start = last === undefined ? '' : `${folder}${last}/~`;
      const { CommonPrefixes = [], IsTruncated } = await this.#listOnce(
        { Prefix, Delimiter: '/' },
        start,
        limit - found.length,
      );
      for (const { Prefix: name } of CommonPrefixes) found.push(name!.slice(Prefix.length, -1));
      if (!IsTruncated || CommonPrefixes.length === 0) break;
    }
    return found;
  }

  async listFoldersBefore(): Promise<undefined> {
    return undefined;
  }

  async check(): Promise<void> {
    const probe = { Bucket: this.#bucket, Key: `${this.#prefix}.store/check`, Body: new Uint8Array([1]) };
    await this.#explained(this.#client.send(new PutObjectCommand(probe)));
    if (this.#keepsConditions) return;
    for (const condition of [{ IfNoneMatch: '*' }, { IfMatch: '"00000000000000000000000000000000"' }]) {
      const kept = await this.#client.send(new PutObjectCommand({ ...probe, ...condition })).then(
        () => false,
        (error: unknown) => {
          if (s3Failure(error)?.status === 412) return true;
          throw toStoreError(error, this.#place);
        },
      );
      if (!kept) {
        throw new StoreMisconfigured(
          `The server of ${this.#place} ignores conditional writes (${Object.keys(condition)[0]}), which the store needs: use another server or a newer version.`,
        );
      }
    }
    this.#keepsConditions = true;
  }

  async sweep(): Promise<void> {
    const at = { Bucket: this.#bucket, Prefix: this.#prefix };
    const { Uploads = [] } = await this.#explained(this.#client.send(new ListMultipartUploadsCommand(at)));
    for (const { Key, UploadId, Initiated } of Uploads) {
      if ((Initiated?.getTime() ?? 0) > Date.now() - deadUploadMs) continue;
      await this.#unlessMissing(
        this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: Key!, UploadId: UploadId! })),
      );
    }
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  async #putBytes(key: string, bytes: Uint8Array, input: PutObjectCommandInput): Promise<PutResult> {
    for (let conflicts = 0; ; conflicts++) {
      try {
        const { ETag } = await this.#client.send(new PutObjectCommand({ ...input, Body: bytes }));
        return { etag: ETag!, sizeBytes: bytes.byteLength };
      } catch (error) {
        const failure = s3Failure(error);
        if (failure?.status === 409 && conflicts < 20) {
          await sleep(Math.random() * 50);
          continue;
        }
        const refused = failure?.status === 412 || (failure && isMissing(failure) && input.IfMatch !== undefined);
        if (!refused) throw toStoreError(error, this.#place);
        const stored = failure.attempts > 1 ? await this.get(key) : undefined;
        if (stored && Buffer.compare(stored.bytes, bytes) === 0) {
          return { etag: stored.etag, sizeBytes: bytes.byteLength }; // An earlier try had been carried out, only its answer was lost.
        }
        throw new PreconditionFailed(`The object ${key} has changed: read it again and decide again.`, {
          cause: error,
        });
      }
    }
  }

  /** In parts of 8 MiB, which S3 puts together in one step at the end. */
  async #putStream(body: AsyncIterable<Uint8Array>, input: PutObjectCommandInput): Promise<PutResult> {
    let sizeBytes = 0;
    const counted = async function* () {
      for await (const chunk of body) {
        sizeBytes += chunk.byteLength;
        yield chunk;
      }
    };
    const Body = Readable.from(counted(), { objectMode: false });
    const upload = new Upload({ client: this.#client, params: { ...input, Body }, partSize: partBytes, queueSize: 2 });
    const { ETag } = await this.#explained(upload.done());
    return { etag: ETag!, sizeBytes };
  }

  #listOnce(input: { Prefix: string; Delimiter?: string }, after: string, limit: number) {
    const MaxKeys = Math.max(0, Math.min(limit, mostPerRequest));
    const StartAfter = after && { StartAfter: this.#prefix + after };
    return this.#explained(
      this.#client.send(new ListObjectsV2Command({ Bucket: this.#bucket, ...input, ...StartAfter, MaxKeys })),
    );
  }

  async #unlessMissing<T>(request: Promise<T>): Promise<T | undefined> {
    try {
      return await request;
    } catch (error) {
      const failure = s3Failure(error);
      if (failure && isMissing(failure)) return undefined;
      throw toStoreError(error, this.#place);
    }
  }

  async #explained<T>(request: Promise<T>): Promise<T> {
    try {
      return await request;
    } catch (error) {
      throw toStoreError(error, this.#place);
    }
  }
}
