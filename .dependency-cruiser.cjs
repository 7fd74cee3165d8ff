/**
 * The direction of imports: a folder imports itself and folders to its left (ARCHITECTURE.md), the package needs nothing at
 * run time, and only the files marked `*` there reach the network or the disk.
 */
const order = [
  'core',
  'dns',
  'x509',
  'tls',
  'message',
  'smtp',
  'mtasts',
  'dane',
  'spf',
  'tlsrpt',
  'dsn',
  'received',
  'policy',
  'route',
  'verdict',
  'scheme',
  'deliver',
  'report',
  'queue',
  'preflight',
  'sender',
  'onboarding',
  'inbound',
  'nodemailer',
  'testing',
  'selftest',
];

/** src/sender.ts and src/index.ts stand at the place `sender`. */
const place = (name) => (name === 'sender' ? '^src/[^/]+[.]ts$' : `^src/${name}/`);

const toTheRight = order.slice(0, -1).map((name, index) => ({
  name: `${name}-imports-only-to-its-left`,
  comment: `src/${name} may import src/${name} and what stands before it: ${order.slice(0, index).join(' ') || 'nothing'}`,
  severity: 'error',
  from: { path: place(name), pathNot: '[.](test|fixture)[.]ts$' },
  to: { path: order.slice(index + 1).map(place) },
}));

/** The files that touch the network or the disk. */
const outside = [
  '^src/core/once-file[.]ts$',
  '^src/dns/(system|wire)[.]ts$',
  '^src/x509/(roots|revocation-fetch)[.]ts$',
  '^src/tls/context[.]ts$',
  '^src/message/spool[.]ts$',
  '^src/queue/sqlite-database[.]ts$',
  '^src/queue/sqlite-log[.]ts$',
  '^src/scheme/domain-list-(disk|fetch)[.]ts$',
  '^src/smtp/socket[.]ts$',
  '^src/testing/',
];

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'every-folder-has-a-place',
      comment: 'a new folder of src needs its place in the order above',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: order.map(place) },
    },
    ...toTheRight,
    {
      name: 'only-marked-files-reach-outside',
      comment: 'everything else takes values, a clock and an interface',
      severity: 'error',
      from: { path: '^src', pathNot: [...outside, '[.](test|fixture)[.]ts$'] },
      to: {
        // node:net is judged by scripts/direction.mjs, which lets isIP and its like through: they touch nothing.
        path: '^(node:)?(tls|dgram|dns|dns/promises|http|http2|https|fs|fs/promises|sqlite|child_process|worker_threads)$',
        dependencyTypesNot: ['type-only', 'type-import'],
      },
    },
    {
      name: 'nothing-needed-at-run-time',
      comment: 'no dependencies; src/testing and the BullMQ queue may import() their optional peers',
      severity: 'error',
      from: {
        path: '^src',
        pathNot: ['[.](test|fixture)[.]ts$', '^src/testing/', '^src/queue/bullmq-library[.]ts$'],
      },
      to: {
        dependencyTypes: [
          'npm',
          'npm-dev',
          'npm-optional',
          'npm-peer',
          'npm-no-pkg',
          'npm-unknown',
          'unknown',
        ],
      },
    },
    {
      name: 'testing-needs-only-its-peers',
      severity: 'error',
      from: { path: '^src/testing/', pathNot: '[.](test|fixture)[.]ts$' },
      to: {
        dependencyTypes: [
          'npm',
          'npm-dev',
          'npm-optional',
          'npm-peer',
          'npm-no-pkg',
          'npm-unknown',
          'unknown',
        ],
        pathNot: '(^|/)node_modules/(pkijs|asn1js)/',
      },
    },
    {
      name: 'bullmq-queue-needs-only-its-peer',
      severity: 'error',
      from: { path: '^src/queue/bullmq-library[.]ts$' },
      to: {
        dependencyTypes: [
          'npm',
          'npm-dev',
          'npm-optional',
          'npm-peer',
          'npm-no-pkg',
          'npm-unknown',
          'unknown',
        ],
        pathNot: '(^|/)node_modules/bullmq/',
      },
    },
    {
      name: 'src-does-not-import-tests',
      severity: 'error',
      from: { path: '^src', pathNot: '[.](test|fixture)[.]ts$' },
      to: { path: ['^test/', '[.](test|fixture)[.]ts$', '^examples/', '^scripts/'] },
    },
    {
      name: 'peers-are-loaded-only-when-used',
      severity: 'error',
      from: { path: '^src/(testing/|queue/bullmq)', pathNot: '[.](test|fixture)[.]ts$' },
      to: {
        path: '(^|/)node_modules/(pkijs|asn1js|bullmq)/',
        dependencyTypesNot: ['dynamic-import', 'type-only', 'type-import'],
      },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
