import { FormFault } from './form-fault.js';

/** What the head of a part says of it (RFC 7578). */
export interface PartHead {
  readonly name: string;
  /** Undefined for a field. Without folders. */
  readonly fileName: string | undefined;
}

const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/;
const parameter = /;[ \t]*([\w!#$&+.^`|~-]+\*?)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))[ \t]*/gy;
const extendedValue = /^utf-8'[^']*'(.*)$/i;

/**
 * Reads the header lines of a part of a form. Throws a `FormFault` when it has no `Content-Disposition: form-data` with
 * a name.
 */
export function readPartHead(text: string): PartHead {
  const headers = headersOf(text);
  const mediaType = mediaTypeOf(headers.get('content-type') ?? '');
  const parameters = dispositionParameters(headers.get('content-disposition'));
  const name = parameters.get('name');
  if (name === undefined) throw new FormFault('a part has no name');
  const fileName = parameters.get('filename*') ?? parameters.get('filename');
  if (fileName === undefined && mediaType === 'application/octet-stream') return { name, fileName: '' };
  return { name, fileName: fileName?.replace(/^.*[/\\]/s, '') };
}

/**
 * The headers of a part by their names in lower case. Throws a `FormFault` for a line that is none, and for a header
 * that comes twice: programs differ in which of them they read.
 */
export function headersOf(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const [, name, value] = headerLine.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new FormFault('a part has a header line that is none');
    if (headers.has(name.toLowerCase())) throw new FormFault('a part has a header twice');
    headers.set(name.toLowerCase(), value);
  }
  return headers;
}

/** The media type of a `Content-Type`, in lower case, without its parameters. */
export function mediaTypeOf(contentType: string): string {
  return contentType.split(';', 1).join('').trim().toLowerCase();
}

/** A parameter of a `Content-Type`, quoted or not. Throws a `FormFault` for parameters that cannot be read. */
export function parameterOf(contentType: string, name: string): string | undefined {
  return parametersOf(contentType.slice(contentType.split(';', 1).join('').length)).get(name);
}

/** The boundary that a `Content-Type` of `multipart/…` names. Throws a `FormFault` without one. */
export function boundaryOf(contentType: string): string {
  const boundary = parameterOf(contentType, 'boundary');
  if (boundary === undefined || !/^[\x20-\x7e]{1,200}$/.test(boundary)) throw new FormFault('it names no boundary');
  return boundary;
}

function dispositionParameters(disposition: string | undefined): Map<string, string> {
  const kind = disposition?.split(';', 1)[0] ?? '';
  if (kind.trim().toLowerCase() !== 'form-data') {
    throw new FormFault('a part has no Content-Disposition that says form-data');
  }
  return parametersOf(disposition!.slice(kind.length));
}

/** The parameters of a header in order of arrival, the first of each name; `text` begins with a semicolon. */
function parametersOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let end = 0;
  for (const [whole, name, quoted, plain] of text.matchAll(parameter)) {
    end += whole.length;
    const key = name!.toLowerCase();
    const value = quoted === undefined ? plain!.trim() : quoted.replace(/\\(["\\])/g, '$1');
    if (!found.has(key)) found.set(key, key.endsWith('*') ? decoded(value) : value);
  }
  if (!/^[; \t]*$/.test(text.slice(end))) throw new FormFault('a header has a parameter that is none');
  return found;
}

/** An extended value of RFC 5987, which clients use for names beyond ASCII. */
function decoded(value: string): string {
  const [, escaped] = extendedValue.exec(value) ?? [];
  try {
    if (escaped !== undefined) return decodeURIComponent(escaped);
  } catch {
    // The error that follows says what is wrong.
  }
  throw new FormFault('a header has an extended parameter that is no UTF-8');
}
