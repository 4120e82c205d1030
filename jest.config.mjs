/** Tests run from the TypeScript sources; processes that tests start run from `dist`, which `npm test` builds first. */
export default {
  testEnvironment: '<rootDir>/scripts/jest-environment.mjs',
  roots: ['<rootDir>/packages', '<rootDir>/apps'],
  testMatch: ['**/src/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: true },
    ],
  },
  moduleNameMapper: {
    '^@mediclip/(api|worker|cli)$': '<rootDir>/apps/$1/src/index.ts',
    '^@mediclip/([^/]+)$': '<rootDir>/packages/$1/src/index.ts',
    '^@mediclip/([^/]+)/([^/.]+)$': '<rootDir>/packages/$1/src/$2/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  testSequencer: '<rootDir>/scripts/jest-sequencer.mjs',
  reporters: ['default', '<rootDir>/scripts/count-reporter.mjs'],
  // Kept from run to run, which temporary files are not: transformed sources, and how long each file took.
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  // One more than the two cores that the tests are made for: many of them wait for processes.
  maxWorkers: 3,
  // What test files leave behind makes every collection of garbage in the same worker dearer: a tenth of the time.
  workerIdleMemoryLimit: '400MB',
  // A worker that has run a hundred files has a gigabyte, which takes it more than the half second that jest gives it
  // by default to give back; one that something keeps alive is still told of.
  workerGracefulExitTimeout: 10_000,
  testTimeout: 60_000,
};
