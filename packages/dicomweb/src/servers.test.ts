import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { parseServers, serverOf } from './servers.js';

const folder = temporaryFolder();
const inFolder = (name: string, text: string) => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};
const token = inFolder('token', 'Bearer secret\n');
const parse = (servers: unknown) => parseServers(inFolder('servers.json', JSON.stringify({ servers })));
const pacs = { name: 'pacs', url: 'https://pacs.example/dicom-web' };
const headers = (file: string) => ({ headers: { Authorization: { file } } });

describe('a file of servers', () => {
  test('names places, files of headers beside it or anywhere, and tenants', () => {
    expect(
      parse([
        { ...pacs, ...headers('token'), tenants: ['clinic'] },
        { ...pacs, name: 'b', ...headers(token) },
      ]),
    ).toEqual([
      {
        name: 'pacs',
        url: 'https://pacs.example/dicom-web/',
        headerFiles: { Authorization: token },
        tenants: ['clinic'],
      },
      { name: 'b', url: 'https://pacs.example/dicom-web/', headerFiles: { Authorization: token } },
    ]);
  });

  test.each([
    ['a name of capitals', [{ ...pacs, name: 'PACS' }], /servers\[0\]\.name/],
    ['the same name twice', [pacs, pacs], /^two servers have the same name$/],
    ['a URL that is none', [{ ...pacs, url: 'pacs' }], /servers\[0\]\.url/],
    ['another protocol', [{ ...pacs, url: 'ftp://pacs' }], /servers\[0\]\.url/],
    [
      'credentials in the URL',
      [{ ...pacs, url: 'https://me:secret@pacs' }],
      /^the URL of pacs holds more than a place/,
    ],
    ['a query in the URL', [{ ...pacs, url: 'https://pacs?token=secret' }], /^the URL of pacs holds more than a place/],
    ['a key that nobody knows', [{ ...pacs, password: 'secret' }], /password/],
    [
      'the value of a header',
      [{ ...pacs, headers: { Authorization: 'secret' } }],
      /servers\[0\]\.headers\.Authorization/,
    ],
    ['a file that is missing', [{ ...pacs, ...headers('missing') }], /no such file .*missing/],
    [
      'a file that is empty',
      [{ ...pacs, ...headers(inFolder('empty', '\n')) }],
      /^the first line of .*empty is empty$/,
    ],
    [
      'a file that is no text',
      [{ ...pacs, ...headers(inFolder('binary', 'secret\u0001')) }],
      /^the first line of .*binary is no value of a header$/,
    ],
  ])('is refused in one line for %s, which tells no secret', (_, servers, message) => {
    const text = messageOf(() => parse(servers));
    expect(text).toMatch(message);
    expect(text).not.toMatch(/secret|\n/);
  });

  test('is refused when it is missing or no JSON', () => {
    expect(messageOf(() => parseServers(path.join(folder, 'none')))).toMatch(/no such file/);
    expect(messageOf(() => parseServers(inFolder('text', 'pacs')))).toMatch(/JSON/);
    expect(messageOf(() => parseServers(inFolder('list', '[]')))).toMatch(/expected object/);
  });
});

test('a server is there for its tenants alone, and for all without', () => {
  const servers = parse([
    { ...pacs, tenants: ['clinic'] },
    { ...pacs, name: 'all' },
  ]);
  expect(serverOf(servers, 'pacs', 'clinic').name).toBe('pacs');
  expect(serverOf(servers, 'all', 'other').name).toBe('all');
  for (const [name, tenant] of [
    ['pacs', 'other'],
    ['none', 'clinic'],
  ] as const) {
    expect(() => serverOf(servers, name, tenant)).toThrow(`There is no DICOMweb server ${name}: `);
  }
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}
