// `npm run test:pgbouncer` runs `npm test` with every service behind a PgBouncer in transaction mode.
process.env.TEST_POOLER = 'pgbouncer';
await import('./test.mjs');
