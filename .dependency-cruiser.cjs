/**
 * The order of the folders of src, lowest first; those of one line stand side by side and don't know each
 * other. A folder imports from lines above its own only. docs/architecture.md tells the same order.
 */
const ORDER = [
  ['config'],
  ['tracing'],
  ['database'],
  ['scheduling'],
  ['secrets'],
  ['queue', 'distribution', 'http'],
  ['openapi', 'quotas', 'customers'],
  ['access'],
  ['audit'],
  ['ledger', 'idempotency', 'api-keys', 'inboxes', 'search'],
  ['labels'],
  ['conversations', 'deadlines', 'presence', 'waits', 'webhooks'],
  ['operators', 'leads', 'ingest', 'feed'],
  ['subscriptions', 'allocation', 'tenants', 'stats', 'operations', 'verification'],
  ['outlook', 'bulk', 'board'],
];
/** What puts the application together may import everything; nothing below imports it. */
const TOP = '^src/(demo/|[^/]+$)';

const anyOf = (folders) => `(${folders.join('|')})`;

/** One rule per folder: what it must not import is its neighbours, everything further down, and the top. */
const direction = ORDER.flatMap((line, level) =>
  line.map((folder) => {
    const forbidden = [...line.filter((other) => other !== folder), ...ORDER.slice(level + 1).flat()];
    return {
      name: `${folder}-imports-downwards`,
      comment: `src/${folder} may import only: ${ORDER.slice(0, level).flat().join(', ') || 'nothing of src'}.`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: forbidden.length ? [`^src/${anyOf(forbidden)}/`, TOP] : [TOP] },
    };
  }),
);

const unlisted = `^src/(?!${anyOf([...ORDER.flat(), 'demo'])}/)[^/]+/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...direction,
    {
      name: 'every-folder-has-its-place',
      comment: 'A new folder of src is added to the order in .dependency-cruiser.cjs.',
      severity: 'error',
      from: { path: unlisted },
      to: {},
    },
    {
      name: 'no-import-of-a-folder-without-a-place',
      comment: 'A new folder of src is added to the order in .dependency-cruiser.cjs.',
      severity: 'error',
      from: { pathNot: unlisted },
      to: { path: unlisted },
    },
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one file, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src-stands-alone',
      comment: 'What runs in production does not import tests, scripts or benchmarks.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts|bench|examples)/' },
    },
    {
      name: 'everything-resolves',
      comment: 'An import that leads nowhere would escape all rules above.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // `import type` counts too: a type is knowledge of the other folder.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
