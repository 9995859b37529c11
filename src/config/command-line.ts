import { createInterface } from 'node:readline/promises';
import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * Parses the arguments of a command and skips the `--` that pnpm passes on.
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
    // Only the first sentence is for users. The others are hints for programmers.
    throw new Error(`${error.message.split('. ', 1)[0]}\n\n${usage}`, { cause: error });
  }
}

/** Parses the arguments of a command that takes options only. */
export function readOptions<T extends Options>(options: T, usage: string) {
  const found = readArguments(options, usage);
  const [surplus] = found?.positionals ?? [];
  if (surplus !== undefined) throw new Error(`Unexpected argument '${surplus}'\n\n${usage}`);
  return found === null ? null : found.values;
}

/** Asks for confirmation at the terminal. Without a terminal the result is false. */
export async function isSure(what: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    console.error(`${what} There is no terminal for a confirmation. Use --yes to confirm.`);
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`${what}\nType yes to continue: `)).trim() === 'yes';
  } finally {
    terminal.close();
  }
}
