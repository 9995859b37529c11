// `pnpm run chaos`: test/chaos.spec.ts for CHAOS_MINUTES instead of a short while. Arguments go to Jest.
process.env.CHAOS_MINUTES ||= '10';
process.argv.splice(2, 0, 'chaos\\.spec');
await import('./test.mjs');
