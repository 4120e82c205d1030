import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type DicomJson, type InstanceUids, onlyUids } from '@mediclip/dicom-objects';
import { boundaryOf, readParts, readRelatedHead, relatedBody } from '@mediclip/multipart';

/** A PACS that keeps its files in memory: QIDO-RS, WADO-RS and STOW-RS, for who has its credential. */
export class FakePacs {
  readonly credential = 'Bearer letmein';
  /** What it was asked for, as method and path. */
  requests: string[] = [];
  /** What it was sent by STOW-RS, by SOP Instance UID. */
  readonly received = new Map<string, Buffer>();
  /** Instances that it finds, in order; one without bytes is gone when it is fetched. */
  #instances: { readonly uids: InstanceUids; readonly bytes: Buffer | undefined }[] = [];
  /** Instances are fetched up to this one, until they are let go. */
  holdAfter = Infinity;
  /** The bodies of instances beyond this one break off in the middle, as of a PACS that dies. */
  cutAfter = Infinity;
  /** Whether an instance waits. */
  isHolding = false;
  #go = new AbortController();
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<FakePacs> {
    const pacs = new FakePacs();
    await once(pacs.#server.listen(0, '127.0.0.1'), 'listening');
    return pacs;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/dicom-web/`;
  }

  /** Files that were fetched, whole or not. */
  get fetched(): string[] {
    return this.requests.filter((request) => /^GET .*\/instances\/[\d.]+$/.test(request));
  }

  add(uids: InstanceUids, bytes?: Buffer): void {
    this.#instances.push({ uids, bytes });
  }

  /** Is from now on as when it started. */
  reset(): void {
    this.release();
    this.#go = new AbortController();
    this.isHolding = false;
    this.cutAfter = Infinity;
    this.requests = [];
    this.#instances = [];
    this.received.clear();
  }

  release(): void {
    this.holdAfter = Infinity;
    this.#go.abort();
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, headers } = request;
    const { pathname, searchParams } = new URL(request.url!, this.url);
    const target = pathname.replace(/^\/dicom-web\//, '');
    this.requests.push(`${method} ${target}`);
    if (headers.authorization !== this.credential) return void response.writeHead(401).end();
    if (method === 'POST') return this.#store(request, response);
    if (target === 'instances') {
      const [offset, limit] = [Number(searchParams.get('offset')), Number(searchParams.get('limit'))];
      return answerJson(
        response,
        this.#instances.slice(offset, offset + limit).map(({ uids }) => onlyUids(uids)),
      );
    }
    const [, uid] = /\/instances\/([\d.]+)/.exec(target) ?? [];
    const found = this.#instances.find(({ uids }) => uids.sopInstanceUid === uid);
    if (!found?.bytes) return void response.writeHead(404).end();
    if (target.endsWith('/metadata')) return answerJson(response, [described(found.uids)]);
    if (this.fetched.length > this.holdAfter) {
      this.isHolding = true;
      await once(this.#go.signal, 'abort');
    }
    const { contentType, bytes } = relatedBody('application/dicom', [found.bytes]);
    response.writeHead(200, { 'content-type': contentType });
    if (this.fetched.length <= this.cutAfter) response.end(bytes);
    else response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  }

  /** Keeps what it has not yet, and refuses the others (0111H, Duplicate SOP Instance) as strict servers do. */
  async #store(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const failed: DicomJson[] = [];
    const parts = readParts(request, boundaryOf(request.headers['content-type']!), readRelatedHead);
    for await (const { content } of parts) {
      const file = await buffer(content);
      const uid = sopInstanceUidOf(file);
      if (this.received.has(uid)) failed.push({ '00081197': { vr: 'US', Value: [0x0111] } });
      else this.received.set(uid, file);
    }
    answerJson(response, failed.length > 0 ? { '00081198': { vr: 'SQ', Value: failed } } : {}, failed.length && 409);
  }
}

function answerJson(response: ServerResponse, value: unknown, status = 0): void {
  response.writeHead(status || 200, { 'content-type': 'application/dicom+json' }).end(JSON.stringify(value));
}

const described = (uids: InstanceUids): DicomJson => ({
  ...onlyUids(uids),
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Mustermann^Erika' }] },
});

/** Media Storage SOP Instance UID (0002,0003) of a file (PS3.10, 7.1). */
function sopInstanceUidOf(file: Buffer): string {
  const at = file.indexOf(Buffer.from([2, 0, 3, 0, ...Buffer.from('UI')]), 132);
  const length = file.readUInt16LE(at + 6);
  return file.toString('latin1', at + 8, at + 8 + length).replace(/\0$/, '');
}
