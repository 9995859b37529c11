// @ts-check
// Parses command lines of programs that run before the build. src/config/command-line.ts does it for built programs.
import { parseArgs } from 'node:util';
import { Failure } from './processes.mjs';

const WRONG_USAGE = 2;

/**
 * @template {NonNullable<import('node:util').ParseArgsConfig['options']>} T
 * @param {readonly string[]} args of the command line; a `--` that pnpm passes on is skipped
 * @param {T} options besides --help
 * @param {string} usage printed for --help, and after an error
 * @returns null for --help
 */
export function readOptions(args, options, usage) {
  return read(args, { options }, usage)?.values ?? null;
}

/**
 * The same for a command that takes words, too.
 * @template {NonNullable<import('node:util').ParseArgsConfig['options']>} T
 * @param {readonly string[]} args @param {T} options @param {string} usage
 */
export function readWordsAndOptions(args, options, usage) {
  return read(args, { options, allowPositionals: true }, usage);
}

/**
 * @template {import('node:util').ParseArgsConfig} C
 * @param {readonly string[]} args @param {C} config @param {string} usage
 */
function read(args, config, usage) {
  const given = args[0] === '--' ? args.slice(1) : [...args];
  if (given.includes('--help') || given.includes('-h')) {
    console.log(usage);
    return null;
  }
  try {
    return parseArgs({ args: given, ...config });
  } catch (error) {
    // Only the first sentence is for users. The others are for programmers.
    throw wrongUsage(/** @type {Error} */ (error).message.split('. ', 1)[0] ?? '', usage);
  }
}

/** @param {string} what is wrong @param {string} usage */
export function wrongUsage(what, usage) {
  return new Failure(`${what}\n\n${usage}`, WRONG_USAGE);
}
