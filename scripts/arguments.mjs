// @ts-check
// The command lines of the programs that run before anything is built. src/config/command-line.ts reads those of the built ones.
import { parseArgs } from 'node:util';
import { Failure } from './processes.mjs';

const WRONG_USAGE = 2;

/**
 * @template {NonNullable<import('node:util').ParseArgsConfig['options']>} T
 * @param {readonly string[]} args of the command line; a `--` that pnpm passes on is skipped
 * @param {T} options that there are besides --help
 * @param {string} usage is printed for --help, and behind what is wrong
 * @returns null when help is all that was asked for
 */
export function readOptions(args, options, usage) {
  const given = args[0] === '--' ? args.slice(1) : [...args];
  if (given.includes('--help') || given.includes('-h')) {
    console.log(usage);
    return null;
  }
  try {
    return parseArgs({ args: given, options }).values;
  } catch (error) {
    // The first sentence says what is wrong, the others tell programmers what to do.
    throw wrongUsage(/** @type {Error} */ (error).message.split('. ', 1)[0] ?? '', usage);
  }
}

/** @param {string} what is wrong @param {string} usage */
export function wrongUsage(what, usage) {
  return new Failure(`${what}\n\n${usage}`, WRONG_USAGE);
}
