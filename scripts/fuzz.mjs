// `pnpm run fuzz`: test/fuzz.spec.ts for FUZZ_MINUTES instead of one short round. Arguments go to Jest.
process.env.FUZZ_MINUTES ||= '10';
process.argv.splice(2, 0, 'fuzz\\.spec');
await import('./test.mjs');
