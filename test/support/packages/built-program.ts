import { join } from 'node:path';
import { PROGRAMS } from './packages.cjs';

/**
 * The path of a built program in one file, for starting it as a process. What is about the files themselves, as
 * commands.spec.ts and start.spec.ts are, starts the program in `dist/src` instead.
 * @param file as in `dist/src`, such as `main.js`
 */
export function builtProgram(file: string): string {
  if ('startsFromDist' in globalThis) return join(__dirname, '../../../dist/src', file);
  return join(PROGRAMS, file.replace(/\.js$/, '.cjs'));
}
