// `npm run test:pgbouncer`: as `npm test`, with every service under test behind a PgBouncer in transaction mode.
process.env.TEST_POOLER = 'pgbouncer';
await import('./test.mjs');
