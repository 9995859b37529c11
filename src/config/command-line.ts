import { createInterface } from 'node:readline/promises';
import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * The arguments of a command. The `--` that pnpm passes on is skipped.
 * @param usage printed for --help, and after an error
 * @returns null when the help was printed
 * @throws Error that says what is wrong
 */
export function readArguments<T extends Options>(options: T, usage: string) {
  const args = process.argv.slice(2).filter((argument) => argument !== '--');
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage);
    return null;
  }
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // The first sentence says what is wrong, the others tell programmers what to do.
    throw new Error(`${error.message.split('. ', 1)[0]}\n\n${usage}`, { cause: error });
  }
}

/** The same for a command that takes options only. */
export function readOptions<T extends Options>(options: T, usage: string) {
  const found = readArguments(options, usage);
  const [surplus] = found?.positionals ?? [];
  if (surplus !== undefined) throw new Error(`Unexpected argument '${surplus}'\n\n${usage}`);
  return found === null ? null : found.values;
}

/** Asks the person at the terminal. Without a terminal the answer is no. */
export async function isSure(what: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    console.error(`${what} Say --yes if that is meant: there is no terminal to ask at.`);
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`${what}\nType yes to go on: `)).trim() === 'yes';
  } finally {
    terminal.close();
  }
}
