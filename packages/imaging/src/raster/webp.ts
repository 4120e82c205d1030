const riffBytes = 12;
const headBytes = 8;
const frameHeadBytes = 16;

/** Whether the first picture of a WebP is lossy: its first bitstream is `VP8 ` and not `VP8L` (RFC 9649, 2.5). */
export function isLossyWebp(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = riffBytes; at + headBytes <= bytes.length; ) {
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    if (type === 'VP8 ' || type === 'VP8L') return type === 'VP8 ';
    const length = view.getUint32(at + 4, true);
    // A frame of an animation has chunks of its own.
    at += headBytes + (type === 'ANMF' ? frameHeadBytes : length + (length % 2));
  }
  return false;
}
