import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { findOrthanc, findPython, temporaryFolder } from '@mediclip/testing';
import { exampleObjects, origin } from './testing/example-objects.js';
import { derivedUid } from './uids.js';

const folder = temporaryFolder();
const files = Object.entries(exampleObjects()).map(([name, bytes]) => {
  const file = path.join(folder, `${name}.dcm`);
  writeFileSync(file, bytes);
  return [name, file] as const;
});

const programs = await findOrthanc();
const isPythonAsked = Boolean(process.env.CI || process.env.MEDICLIP_PYDICOM);
if (!isPythonAsked) console.warn('SKIPPED: set MEDICLIP_PYDICOM=1 to read the objects with pydicom and highdicom.');
const python = isPythonAsked ? findPython(['pydicom==3.0.2', 'highdicom==0.28.2']) : null;

describe('the UIDs of results', () => {
  test('are numbers of UUIDs, the same for the same model, instance and kind, and others for others', () => {
    const uid = derivedUid(origin.model.digest, ['1.2.3'], 'segmentation');
    expect(uid).toBe(derivedUid(origin.model.digest, ['1.2.3'], 'segmentation'));
    expect(uid.length).toBeLessThanOrEqual(64);
    const uuid = BigInt(uid.replace(/^2\.25\./, ''))
      .toString(16)
      .padStart(32, '0');
    expect(uuid).toMatch(/^.{12}8.{3}[89ab].{15}$/);
    const others = [
      derivedUid(origin.model.digest, ['1.2.3'], 'secondary-capture'),
      derivedUid(origin.model.digest, ['1.2.4'], 'segmentation'),
      derivedUid('cd'.repeat(32), ['1.2.3'], 'segmentation'),
    ];
    expect(new Set([uid, ...others]).size).toBe(4);
  });
});

test('the same results are the same bytes', () => {
  const hex = () => Object.entries(exampleObjects()).map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')]);
  expect(hex()).toEqual(hex());
});

(programs ? describe : describe.skip)('dciodvfy', () => {
  test.each(files)('finds no error in the %s', (_, file) => {
    const { stderr, stdout } = spawnSync(programs!.dciodvfy, [file], { encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toMatch(/SCImage|Segmentation|ComprehensiveSR/);
    expect(`${stdout}${stderr}`.split('\n').filter((line) => /^Error|^Abort/.test(line))).toEqual([]);
  });
});

(python ? describe : describe.skip)('pydicom and highdicom', () => {
  test('read the same values, names and pixels', () => {
    const script = fileURLToPath(new URL('testing/read_objects.py', import.meta.url));
    const { status, stdout, stderr } = spawnSync(python!, [script, folder], { encoding: 'utf8' });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const read = JSON.parse(stdout);
    for (const object of Object.values(read) as Record<string, unknown>[]) {
      expect(object.description).toMatch(/^MediCLIP .* \(research\)$/);
      expect(object.model).toBe(origin.model.digest);
      expect(object.text).toContain(origin.model.digest);
    }
    expect(read['secondary-capture']).toMatchObject({
      patient: 'Müller^Jörg=山田^太郎',
      burnedIn: 'NO',
      pixels: Array.from({ length: 105 }, (_, at) => at),
    });
    expect(read['secondary-capture-of-frame']).toMatchObject({ patient: '', burnedIn: 'YES', sourceFrames: [3] });
    expect(read.segmentation).toMatchObject({ ones: [9], first: [5, 4], segment: 'Anomalous regions' });
    expect(read['segmentation-of-frames']).toMatchObject({ ones: [9, 195], sourceFrames: [3, 8] });
    expect(read['structured-report']).toMatchObject({
      complete: 'PARTIAL',
      verified: 'UNVERIFIED',
      groups: [
        { score: 0.3, 'p-value': 0.3333333333, threshold: 0.5 },
        { score: 0.9, 'p-value': 0.01, threshold: 0.5 },
      ],
    });
    expect(read['structured-report-of-frame']).toMatchObject({ groups: [{ score: 1 }], sourceFrames: [3] });
  });
});
