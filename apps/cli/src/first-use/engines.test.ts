import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import semver from 'semver';

const top = new URL('../../../../', import.meta.url);
const textOf = (name: string) => readFileSync(new URL(name, top), 'utf8');
const { engines } = JSON.parse(textOf('package.json')) as { engines: { node: string } };
const { packages } = JSON.parse(textOf('package-lock.json')) as {
  packages: Record<string, { engines?: { node?: string }; optional?: boolean; hasInstallScript?: boolean }>;
};
/** The releases that the range begins with, as `20.19`. */
const floors = engines.node.split(' || ').map((part) => semver.minVersion(part)!.version.replace(/(\.0)+$/, ''));

describe('the versions of Node that package.json names', () => {
  test('are versions that every package of the lock file takes', () => {
    // An optional package that does not fit is not installed.
    const others = Object.entries(packages).filter(([, { engines: theirs, optional }]) => !optional && theirs?.node);
    expect(others.length).toBeGreaterThan(100);
    const unfit = others.filter(([, { engines: theirs }]) => !semver.subset(engines.node, theirs!.node!));
    expect(unfit.map(([name, { engines: theirs }]) => `${name} needs ${theirs!.node}`)).toEqual([]);
    expect(packages['']!.engines).toEqual(engines);
  });

  test('are those that the README and the checks of every change name, and what version managers take is the lowest', () => {
    const named = `${floors.slice(0, -1).join(', ')} or ${floors.at(-1)}`;
    expect(textOf('README.md')).toContain(`Node ${named}, or newer`);
    expect(textOf('.ci/run')).toContain(`Node ${named}, or newer`);
    expect(textOf('.node-version').trim()).toBe(floors[0]);
    expect(semver.satisfies(process.version, engines.node)).toBe(true);
  });

  test.each(['Dockerfile', 'Dockerfile.gpu'])('hold that of %s', (name) => {
    const images = [...textOf(name).matchAll(/^FROM node:([\d.]+)-/gm)].map(([, version]) => version!);
    expect(images.length).toBeGreaterThan(0);
    for (const version of images) expect(semver.satisfies(version, engines.node)).toBe(true);
  });

  test('are what the first command in a clone asks for', async () => {
    const { isWithin } = await import(new URL('scripts/bootstrap.mjs', top).href);
    const versions = [
      '18.20.8',
      '20.18.3',
      '20.19.0',
      '21.7.3',
      '22.12.0',
      '22.13.0',
      '22.20.1',
      '23.11.1',
      '24.0.0',
      '26.1.0',
    ];
    for (const version of versions) {
      expect([version, isWithin(version, engines.node)]).toEqual([version, semver.satisfies(version, engines.node)]);
    }
  });
});
