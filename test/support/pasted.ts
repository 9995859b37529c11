import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NEXT = '--- next ---';

export interface Step {
  readonly request: string;
  /** The response in the page. */
  readonly response: object;
}

/**
 * The requests of a part of a page, each with the response below it.
 * @param hasSetUp whether the first block of the shell only sets variables
 */
export function stepsOf(
  page: string,
  from: string,
  to: string,
  hasSetUp = true,
): { setUp: string; steps: Step[] } {
  const text = readFileSync(join(__dirname, '../..', page), 'utf8');
  const section = text.slice(text.indexOf(from), text.indexOf(to));
  const blocks = [...section.matchAll(/```(sh|json)\n([\s\S]*?)```/g)].map(([, kind, block]) => ({
    kind,
    text: block ?? '',
  }));
  const setUp = hasSetUp ? blocks[0] : undefined;
  const rest = hasSetUp ? blocks.slice(1) : blocks;
  const steps = rest.flatMap(({ kind, text: request }, i) =>
    kind === 'sh' ? [{ request, response: JSON.parse(rest[i + 1]?.text ?? '') as object }] : [],
  );
  return { setUp: setUp?.text ?? '', steps };
}

/** Runs the requests in one shell, one after the other. @returns the responses */
export async function paste(setUp: string, requests: readonly string[]): Promise<unknown[]> {
  const script = [setUp, ...requests.flatMap((request) => [request, `echo; echo '${NEXT}'`])].join('\n');
  const { stdout } = await run('sh', ['-c', script]);
  return stdout
    .split(`${NEXT}\n`)
    .slice(0, -1)
    .map((response) => JSON.parse(response) as unknown);
}
