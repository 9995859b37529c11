import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** For esbuild: each file keeps its own place, because packages find their assets and workers by it. */
export const keepPlaces = {
  name: 'keep-places',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?js$/ }, ({ path: file }) => {
      const text = fs.readFileSync(file, 'utf8');
      if (!/\b__dirname\b|\b__filename\b|\bimport\.meta\.url\b/.test(text)) return undefined;
      const contents = text
        // Nest makes a `require` of its own, which would load other instances.
        .replace('const require = createRequire(import.meta.url);', '')
        .replace(/\bimport\.meta\.url\b/g, JSON.stringify(pathToFileURL(file).href))
        .replace(/\b__dirname\b/g, JSON.stringify(path.dirname(file)))
        .replace(/\b__filename\b/g, JSON.stringify(file));
      return { contents, loader: 'js' };
    });
  },
};
