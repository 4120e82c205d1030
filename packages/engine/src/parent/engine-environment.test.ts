import { expect, test } from '@jest/globals';
import { engineEnvironment } from './engine-environment.js';

test('an engine gets what its libraries read, and no secrets', () => {
  const needed = {
    PATH: '/bin',
    LD_LIBRARY_PATH: '/cuda',
    CUDA_VISIBLE_DEVICES: '1',
    NVIDIA_TF32_OVERRIDE: '0',
    OMP_NUM_THREADS: '2',
  };
  const others = {
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_SHARED_CREDENTIALS_FILE: 'f',
    MEDICLIP_API_KEYS_FILE: 'k',
    MEDICLIP_REDIS_URL: 'redis://:password@redis',
    MEDICLIP_HUB_TOKEN: 't',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=x',
  };
  expect(engineEnvironment({ ...needed, ...others })).toEqual(needed);
});
