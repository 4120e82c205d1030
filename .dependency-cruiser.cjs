/** The rooms in their order (docs/architecture.md): a room may import only rooms that stand before it. */
const rooms = [
  'packages/testing',
  'packages/files',
  'packages/multipart',
  'packages/contracts',
  'packages/dataset-layout',
  'packages/threads',
  'packages/maps',
  'packages/charts',
  'packages/tracing',
  'packages/onnx-graph',
  'packages/backbones',
  'packages/synthesis',
  'packages/imaging',
  'packages/dicom-objects',
  'packages/adaptation',
  'packages/evaluation',
  'packages/audit',
  'packages/engine',
  'packages/store',
  'packages/queue',
  'packages/dicomweb',
  'packages/problems',
  'packages/webhooks',
  'packages/intake',
  'packages/client',
  'apps/page',
  'apps/api',
  'apps/worker',
  'apps/cli',
];

const downwards = rooms.slice(0, -1).map((room, index) => ({
  name: `${room.replace('/', '-')}-imports-no-later-room`,
  severity: 'error',
  comment: 'Dependencies follow the order of the rooms; move the code or turn the dependency round.',
  from: { path: `^${room}/src` },
  to: { path: `^(${rooms.slice(index + 1).join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...downwards,
    {
      name: 'only-through-index',
      severity: 'error',
      comment:
        'A room is entered through its index.ts (queue has a second one, for its drivers on Redis, imaging and engine, for work in the own thread, and contracts, for what needs no schemas).',
      from: { path: '^((?:packages|apps)/[^/]+)/src' },
      to: {
        path: '^(?:packages|apps)/[^/]+/(?:src|dist)/(?!(?:(?:redis|direct|words)/)?index\\.(?:ts|js|d\\.ts)$)',
        pathNot: '^$1/',
      },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'testing-only-in-tests',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: '(\\.test\\.ts$|^packages/testing/|/testing/|\\.bench\\.ts$)' },
      to: { path: '^packages/testing/' },
    },
    {
      name: 'packages-know-nothing-of-http-servers',
      severity: 'error',
      from: { path: '^packages/', pathNot: '\\.test\\.ts$' },
      to: { path: 'node_modules/(fastify|@fastify)/' },
    },
    {
      name: 'onnxruntime-only-in-the-engine',
      severity: 'error',
      comment: 'run() blocks its thread: all of ONNX Runtime lives in the engine process.',
      from: { path: '^(packages|apps)/', pathNot: '^packages/(engine|testing)/' },
      to: { path: 'node_modules/onnxruntime-node/' },
    },
    {
      name: 'decoding-only-in-threads',
      severity: 'error',
      comment:
        'Decoding blocks its thread, and its modules take long to load: take ImagingPool. Tests may decode directly.',
      from: { path: '^(packages|apps)/', pathNot: '(\\.test\\.ts$|/testing/)' },
      to: { path: '^packages/imaging/src/direct/' },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.cruise.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
