import { expect, test } from '@jest/globals';
import { until } from '@mediclip/testing';
import { startService } from '../end-to-end/testing/service-process.js';

/** Throws, in a timer, when the process gets SIGUSR2: an error that belongs to no request. */
const thrower = `data:text/javascript,process.on('SIGUSR2', () => setTimeout(() => { throw new Error('of nobody'); }))`;
/** Rejects in the same way. */
const rejecter = `data:text/javascript,process.on('SIGUSR2', () => void Promise.reject(new Error('of nobody')))`;

test.each([
  ['exception', thrower],
  ['rejection', rejecter],
])(
  'an %s that nothing catches drains the process, which ends with 1',
  async (_, preloaded) => {
    const service = await startService({ environment: { NODE_OPTIONS: `--import=${encodeURI(preloaded)}` } });
    service.signal('SIGUSR2');
    expect(await service.ended).toBe(1);
    await until(() => service.log.find(({ msg }) => msg === 'stopped'));
    expect(service.log.filter(({ level }) => level >= 60)).toHaveLength(1);
  },
  120_000,
);
