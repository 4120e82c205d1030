import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { decodeImage } from '@mediclip/imaging/direct';
import { startService } from './testing/service-process.js';
import { commandsOf, runCommands, whyNoWalkThrough } from './testing/walk-through.js';

if (whyNoWalkThrough) {
  process.stderr.write(`mediclip: the test of the walk-throughs is SKIPPED, because ${whyNoWalkThrough}\n`);
}
const testWithTools = whyNoWalkThrough ? test.skip : test;

testWithTools(
  'the walk-throughs with curl, of the README and of the life of a detector, work word for word, one after the other',
  async () => {
    const service = await startService();
    const script = [
      commandsOf('README.md', '## Walk-through with curl'),
      'echo life',
      commandsOf('docs/api.md', '## The life of a detector with curl'),
    ].join('\n');
    const servers = { 'http://127.0.0.1:8080': service.baseUrl };
    const { folder, output, errors, status } = await runCommands(script, { servers });
    expect({ status, errors }).toEqual({ status: 0, errors: '' });

    const [first = '', life = ''] = output.split('\nlife\n');
    const lines = first.split('\n').filter((line) => line !== '');
    expect(lines[0]).toBe('56');
    expect(output.match(/^event: end$/gm)).toHaveLength(1);
    const score = Number(lines.at(-1));
    expect(score).toBeGreaterThan(0);
    expect(score).toBeLessThanOrEqual(1);
    expect(await decodeImage(readFileSync(path.join(folder, 'overlay.png')))).toMatchObject({ format: 'png' });
    expect(readFileSync(path.join(folder, 'report.html'), 'utf8')).toContain('</html>');
    const [threshold, model, scored, verdict, parent, moved, answered, status404, ...rest] = life.trim().split('\n');
    expect(Number(threshold)).toBeGreaterThan(0);
    expect([scored, verdict, parent, status404, rest]).toEqual(['32', 'normal', model, '404', []]);
    expect(moved).not.toBe(model);
    expect(answered).toBe(moved);
    expect(await service.stop()).toBe(0);
  },
  120_000,
);
