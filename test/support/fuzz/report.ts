import type { Answer } from '../raw.js';
import type { Sent } from './faults.js';

/** Room for what is worth reading of a body. */
const SHOWN = 3_000;

/** What is wrong, the request as one can send it from a shell, and the answer. */
export function report(url: string, sent: Sent, answer: Answer, wrong: readonly string[]): string {
  const { method, path, headers, body } = sent;
  const target = path.startsWith('/')
    ? quoted(`${url}${path}`)
    : `--request-target ${quoted(path)} ${quoted(url)}`;
  const shown = [
    `curl -i --path-as-is -X ${method} ${target}`,
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-binary ${quoted(body.toString('latin1'))}`]),
  ].join(' \\\n  ');
  const told = JSON.stringify(answer.body).slice(0, SHOWN);
  return `${wrong.map((line) => `- ${line}`).join('\n')}\n\n${shown}\n\n${answer.status} ${told}`;
}

/** For a shell, byte by byte where that is needed. */
function quoted(text: string): string {
  const cut = text.length > SHOWN ? `${text.slice(0, SHOWN)}…(${text.length} characters)` : text;
  if (/^[ -~]*$/.test(cut)) return `'${cut.replaceAll("'", `'\\''`)}'`;
  const escaped = cut.replace(/[^ -~]|['\\]/g, (char) =>
    char.charCodeAt(0) > 255 ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `$'${escaped}'`;
}
