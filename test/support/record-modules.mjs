// For `node --import`: writes down every module that the process loads, into the file MODULES_FILE.
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

// What CommonJS modules require of each other does not come by the hooks.
process.on('exit', () => appendFileSync(FILE, Object.keys(Module._cache).join('\n')));
