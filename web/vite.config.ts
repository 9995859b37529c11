import { join } from 'node:path';
import { defineConfig } from 'vite';

const here = import.meta.dirname;
/** A service that `npm start` started, for `pnpm run web:dev`. */
const SERVICE = 'http://127.0.0.1:3000';

export default defineConfig({
  base: '/web/',
  resolve: {
    // The sources of the client: the pages need no build of it.
    alias: [
      { find: /^@inbox-allocation\/client$/, replacement: join(here, '../clients/typescript/src/client.ts') },
      {
        find: /^@inbox-allocation\/client\/(\w+)$/,
        replacement: join(here, '../clients/typescript/src/$1.ts'),
      },
    ],
  },
  build: {
    outDir: 'dist',
    target: 'es2022',
    // The Content-Security-Policy allows no script and no font in a `data:` address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What the pages contain of others demands that their licences come with them.
    license: { fileName: 'licenses.md' },
    rolldownOptions: { input: [join(here, 'board.html'), join(here, 'desk.html')] },
  },
  server: {
    proxy: { '/api': SERVICE, '/web/log-in.json': SERVICE },
  },
});
