import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';

const top = new URL('../../../../', import.meta.url);
const textOf = (name: string) => readFileSync(new URL(name, top), 'utf8');
const { version } = JSON.parse(textOf('package.json')) as { version: string };

/** The instructions of the last stage, which is the image. */
function imageOf(text: string) {
  const instructions = DockerfileParser.parse(text).getInstructions();
  const start = instructions.map((instruction) => instruction.getKeyword()).lastIndexOf('FROM');
  return instructions.slice(start).map((instruction) => ({
    keyword: instruction.getKeyword(),
    value: instruction.getArgumentsContent() ?? '',
  }));
}

describe.each(['Dockerfile', 'Dockerfile.gpu'])('%s', (name) => {
  const text = textOf(name);
  const image = imageOf(text);
  const argumentsOf = (keyword: string) => image.findLast((instruction) => instruction.keyword === keyword)?.value;

  test('has no mistake that the validator knows', () => {
    expect(validate(text)).toEqual([]);
    expect(validate(`${text}\nRUNN true\n`)).not.toEqual([]);
  });

  test('starts from exact versions', () => {
    const dockerfile = DockerfileParser.parse(text);
    const stages = dockerfile.getFROMs().map((from) => from.getBuildStage());
    const bases = dockerfile.getFROMs().map((from) => from.getImage()!);
    const defaults = Object.fromEntries(
      dockerfile.getInitialARGs().map((arg) => [`\${${arg.getProperty()?.getName()}}`, arg.getProperty()?.getValue()]),
    );
    for (const base of bases.filter((base) => !stages.includes(base))) {
      expect(defaults[base] ?? base).toMatch(/:\d+\.\d+\.\d+-/);
    }
  });

  test('runs as a user without rights, under an init that passes signals on', () => {
    expect(argumentsOf('USER')).toBe('1000:1000');
    expect(text).toContain('install --directory --owner=1000 --group=1000 --mode=0750 /run/secrets');
    expect(JSON.parse(argumentsOf('ENTRYPOINT')!)).toEqual(['tini', '--', 'node', 'bin/mediclip.mjs']);
    expect(argumentsOf('HEALTHCHECK')).toContain('scripts/healthcheck.mjs');
  });

  test('holds production dependencies only', () => {
    const stages = text.split(/^(?=FROM )/m);
    const copied = stages.at(-1)!.match(/^COPY .*/gm)!;
    expect(copied.filter((line) => !/^COPY --from=(node|dependencies|build) /.test(line))).toEqual([]);
    expect(stages.find((stage) => / AS dependencies\n/.test(stage))).toContain('npm ci --omit=dev');
  });

  test('is the version that the compose file names', () => {
    const tag = `${name === 'Dockerfile' ? 'mediclip' : 'mediclip-gpu'}:${version}`;
    expect(text).toContain(`--tag ${tag} .`);
    expect(textOf('docker-compose.yml')).toContain(`image: ${tag}\n`);
  });
});
