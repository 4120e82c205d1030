import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { program } from '../main.js';

const top = fileURLToPath(new URL('../../../../', import.meta.url));
const textOf = (file: string) => readFileSync(path.join(top, file), 'utf8');
const filesIn = (folder: string, ending: string) =>
  readdirSync(path.join(top, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(folder, name));

const documents = ['README.md', 'golden/README.md', 'clients/python/README.md', ...filesIn('docs', '.md')];
/** Programs whose first comment says how they are called. */
const programs = filesIn('bench', '.mjs');
const placeholder = /[*<>…${}]/;

/** The words of a document's code, spans and blocks. */
const wordsOfCode = (text: string) =>
  [...text.matchAll(/```\w*\n([\s\S]*?)```|`([^`\n]+)`/g)].flatMap(([, block, span]) => (block ?? span!).split(/\s+/));

describe.each(documents)('%s', (document) => {
  const text = textOf(document);
  const folders = [top, path.join(top, path.dirname(document))];
  const isThere = (name: string) => folders.some((folder) => existsSync(path.join(folder, name)));

  test('names files and folders that are there', () => {
    const inFolders =
      /^(?:packages|apps|bench|scripts|docs|golden|examples|deploy|clients|bin)\/|^\S+\/src\/|\.test\.ts$/;
    const named = wordsOfCode(text)
      .filter((word) => inFolders.test(word) && !placeholder.test(word))
      .map((word) => word.replace(/[.,;:)\]]+$/, ''));
    expect(named.filter((name) => !isThere(name))).toEqual([]);
  });

  test('links to files and headings that are there', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
    const isDead = (link: string) => {
      const [name = '', heading] = link.split('#');
      const file = path.join(path.dirname(document), name || path.basename(document));
      return !isThere(name || '.') || (heading !== undefined && !headingsOf(textOf(file)).includes(heading));
    };
    expect(links.filter((link) => !/^https?:/.test(link) && isDead(link))).toEqual([]);
  });
});

/** The anchors of a document's headings. */
const headingsOf = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

test('documents and programs name scripts of package.json and commands of mediclip', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  const commands = program(new AbortController().signal).commands.map((command) => command.name());
  for (const file of [...documents, ...programs]) {
    const named = [...textOf(file).matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!);
    expect({ file, unknown: named.filter((name) => !(name in scripts)) }).toEqual({ file, unknown: [] });
    const asked = [...textOf(file).matchAll(/(?:`|npx |^)mediclip (?:--local )?([a-z]+)/gm)].map(([, name]) => name!);
    expect({ file, unknown: asked.filter((name) => !commands.includes(name)) }).toEqual({ file, unknown: [] });
  }
});

test('docs/architecture.md lists the rooms in the order that the check of imports holds them to', () => {
  const inTable = [...textOf('docs/architecture.md').matchAll(/^\| `((?:packages|apps)\/[\w-]+)` \|/gm)];
  const [, checked = ''] = /const rooms = \[([^\]]+)\]/.exec(textOf('.dependency-cruiser.cjs')) ?? [];
  const rooms = [...checked.matchAll(/'([^']+)'/g)].map(([, room]) => room!);
  expect(inTable.map(([, room]) => room!)).toEqual(rooms.filter((room) => room !== 'packages/testing'));
});
