// For `node --import`: writes the names of all loaded modules into the file MODULES_FILE.
import { appendFileSync } from 'node:fs';
import Module, { register } from 'node:module';

const FILE = process.env.MODULES_FILE;

const hooks = `
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(${JSON.stringify(FILE)}, url + '\\n');
    return next(url, context);
  }`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

// Hooks do not see what CommonJS modules require.
process.on('exit', () => appendFileSync(FILE, Object.keys(Module._cache).join('\n')));
