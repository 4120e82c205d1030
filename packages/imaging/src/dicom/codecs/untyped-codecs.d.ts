/** These codecs bring no types of their own; here are the parts that are used. */

interface CodecFrameInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
  readonly isSigned?: boolean;
}

interface CodecDecoder {
  /** Memory of the module for an input of `length` bytes. */
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  /** A copy, or a view into the memory of the module that is valid until `delete`. */
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): CodecFrameInfo;
  delete(): void;
}

interface CodecLoaderOptions {
  readonly print: (text: string) => void;
  readonly printErr: (text: string) => void;
}

interface CodecModule {
  /** All of the module's memory; a new view after each growth. */
  readonly HEAPU8: Uint8Array;
}

declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  interface JpegLsDecoder extends CodecDecoder {
    /** 0: colours one after the other, 1: line by line, 2: pixel by pixel. */
    getInterleaveMode(): number;
  }
  export default function load(
    options: CodecLoaderOptions,
  ): Promise<CodecModule & { JpegLSDecoder: new () => JpegLsDecoder }>;
}

declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  export default function load(
    options: CodecLoaderOptions,
  ): Promise<CodecModule & { J2KDecoder: new () => CodecDecoder }>;
}

interface CodecEncoder {
  getDecodedBuffer(info: CodecFrameInfo): Uint8Array;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
  delete(): void;
}

declare module '@cornerstonejs/codec-charls/wasmjs' {
  interface JpegLsEncoder extends CodecEncoder {
    setInterleaveMode(mode: number): void;
  }
  export default function load(options: CodecLoaderOptions): Promise<{ JpegLSEncoder: new () => JpegLsEncoder }>;
}

declare module '@cornerstonejs/codec-openjpeg/wasmjs' {
  interface J2kEncoder extends CodecEncoder {
    setDecompositions(levels: number): void;
    setQuality(lossless: boolean, rate: number): void;
  }
  export default function load(options: CodecLoaderOptions): Promise<{ J2KEncoder: new () => J2kEncoder }>;
}
