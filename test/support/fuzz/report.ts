import type { RawResponse } from '../raw.js';
import type { Sent } from './faults.js';

/** Limits the shown part of a body. */
const SHOWN = 3_000;

/** The faults, the request as a shell command, and the response. */
export function report(url: string, sent: Sent, response: RawResponse, wrong: readonly string[]): string {
  const { method, path, headers, body } = sent;
  const target = path.startsWith('/')
    ? quoted(`${url}${path}`)
    : `--request-target ${quoted(path)} ${quoted(url)}`;
  const shown = [
    `curl -i --path-as-is -X ${method} ${target}`,
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-binary ${quoted(body.toString('latin1'))}`]),
  ].join(' \\\n  ');
  const told = JSON.stringify(response.body).slice(0, SHOWN);
  return `${wrong.map((line) => `- ${line}`).join('\n')}\n\n${shown}\n\n${response.status} ${told}`;
}

/** Quotes a text for a shell, as bytes if needed. */
function quoted(text: string): string {
  const cut = text.length > SHOWN ? `${text.slice(0, SHOWN)}…(${text.length} characters)` : text;
  if (/^[ -~]*$/.test(cut)) return `'${cut.replaceAll("'", `'\\''`)}'`;
  const escaped = cut.replace(/[^ -~]|['\\]/g, (char) =>
    char.charCodeAt(0) > 255 ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `$'${escaped}'`;
}
