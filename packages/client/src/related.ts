import { boundaryOf, readParts, readRelatedHead, relatedBody } from '@mediclip/multipart';
import type { StreamedBody } from './transport.js';

const dicom = 'application/dicom';

/** What asks for DICOM files (PS3.10), one a part. */
export const acceptDicomFiles = `multipart/related; type="${dicom}"`;

/** DICOM files as STOW-RS sends them. Sent again they have the same bytes. */
export function dicomFiles(files: readonly Uint8Array[]): StreamedBody {
  const { contentType, bytes } = relatedBody(dicom, files);
  return {
    contentType,
    open: async function* () {
      yield bytes;
    },
  };
}

/** The files of an answer of DICOM files. */
export async function readDicomFiles(response: Response): Promise<Uint8Array[]> {
  const boundary = boundaryOf(response.headers.get('content-type') ?? '');
  if (response.body === null || boundary === undefined) {
    throw new Error('This is a bug of the server: the answer is no multipart/related.');
  }
  const files: Uint8Array[] = [];
  for await (const { content } of readParts(response.body, boundary, readRelatedHead)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    files.push(new Uint8Array(Buffer.concat(chunks)));
  }
  return files;
}
