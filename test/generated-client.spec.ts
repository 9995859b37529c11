import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import ts from 'typescript';
import { COMMITTED } from './support/openapi.js';

/** What a program does with the types that a generator makes of the document. */
const CLIENT = `
import type { components, paths } from './api.js';

type Schemas = components['schemas'];
type Body<Operation> = Operation extends { requestBody?: { content: { 'application/json': infer Json } } } ? Json : never;

declare function send<Path extends keyof paths, Method extends keyof paths[Path]>(
  method: Method, path: Path, body: Body<paths[Path][Method]>,
): void;

send('patch', '/api/v1/inboxes/{id}', { name: 'Returns' });
send('patch', '/api/v1/operators/{id}', { name: 'Otto' });
send('patch', '/api/v1/operators/{id}', { maxLoad: null });
send('patch', '/api/v1/labels/{id}', { color: '#dc2626' });
send('patch', '/api/v1/webhooks/{id}', { description: 'Screens' });
send('patch', '/api/v1/tenant/settings', { alpha: 0.5 });
send('post', '/api/v1/operators', { name: 'Otto' });
send('put', '/api/v1/operators/{id}', { name: 'Otto' });
send('post', '/api/v1/operators/batch', { operators: [{ name: 'Otto' }] });
send('post', '/api/v1/inboxes', { name: 'Returns' });
// @ts-expect-error: the name is required
send('post', '/api/v1/operators', {});
// @ts-expect-error: no such field
send('patch', '/api/v1/inboxes/{id}', { nane: 'Returns' });
// @ts-expect-error: no such strategy
send('patch', '/api/v1/inboxes/{id}', { distribution: 'RANDOM' });

export function conversationOf(event: Schemas['Event']): string | null {
  // @ts-expect-error: an event of an operator has none
  const always: string = event.conversationId;
  return event.type === 'conversation.claimed' ? event.conversationId.concat(always) : event.conversationId;
}

export function versionOf(event: Schemas['Event']): number | null {
  switch (event.type) {
    case 'inbox.unattended':
    case 'inbox.attended':
    case 'operator.available':
    case 'operator.paused':
    case 'operator.offline': {
      const none: null = event.version;
      return none;
    }
    default: {
      const version: number = event.version;
      return version;
    }
  }
}

export function idOf(result: Schemas['BatchItemResult']): string {
  switch (result.status) {
    case 200:
    case 201:
      return result.conversationId;
    default:
      return result.error.code;
  }
}

export function holderIn(problem: Schemas['Problem']): string | null {
  // @ts-expect-error: not every problem is about a conversation
  const always: string | null = problem.assignedOperatorId;
  return problem.code === 'CONVERSATION_NOT_QUEUED' ? problem.assignedOperatorId : always;
}

export function operatorOf(result: Schemas['OperatorItemResult']): string {
  switch (result.status) {
    case 200:
    case 201:
      return result.operatorId;
    default:
      return result.error.code;
  }
}

export function isTooLate(problem: Schemas['Problem']): boolean {
  switch (problem.code) {
    case 'VERSION_MISMATCH':
    case 'CONVERSATION_ALREADY_RESOLVED':
      return true;
    // @ts-expect-error: no such code
    case 'GONE':
    default:
      return false;
  }
}
`;

interface Schema {
  properties: Record<string, Record<string, unknown>>;
  required?: string[];
  discriminator?: object;
}
type Schemas = Record<string, Schema>;

const text = { type: 'string' };
const integer = { type: 'integer' };
const withDefault = { type: 'string', default: 'PULL' };

/** Mistakes that the document had, or may get, and the line of the client that must notice. */
const MISTAKES: [what: string, line: string, plant: (schemas: Schemas) => void][] = [
  [
    'a default in an update',
    "send('patch', '/api/v1/inboxes/{id}', { name: 'Returns' });",
    ({ UpdateInbox }) => (UpdateInbox!.properties['distribution'] = withDefault),
  ],
  [
    'a required field in an update',
    "send('patch', '/api/v1/operators/{id}', { name: 'Otto' });",
    ({ UpdateOperator }) => (UpdateOperator!.required = ['maxLoad']),
  ],
  [
    'a default in what is created',
    "send('post', '/api/v1/operators', { name: 'Otto' });",
    ({ CreateOperator }) => (CreateOperator!.properties['role'] = withDefault),
  ],
  [
    'an open list of event types',
    'const version: number = event.version;',
    ({ ConversationEvent, Event }) => {
      ConversationEvent!.properties['type'] = text;
      delete Event!.discriminator;
    },
  ],
  [
    'an open status of refused messages',
    'return result.error.code;',
    ({ IngestedMessage }) => (IngestedMessage!.properties['status'] = integer),
  ],
  [
    'an open list of problem codes',
    '// @ts-expect-error: no such code',
    ({ PlainProblem, Problem }) => {
      PlainProblem!.properties['code'] = text;
      delete Problem!.discriminator;
    },
  ],
];

describe('a client generated from openapi.json', () => {
  let complaints: string[];
  let afterMistakes: string[];
  beforeAll(() => {
    const wrong = structuredClone(COMMITTED);
    for (const [, , plant] of MISTAKES) plant(wrong.components.schemas as unknown as Schemas);
    [complaints, afterMistakes] = generated([COMMITTED, wrong]).map(complaintsAbout) as [string[], string[]];
  });

  it('gives only the fields it wants to, and tells apart what it reads', () => {
    expect(complaints).toEqual([]);
  });

  it.each(MISTAKES)('does not compile with %s', (_what, line) => {
    expect(afterMistakes).toContainEqual(expect.stringContaining(line));
  });
});

function generated(documents: object[]): string[] {
  const script = join(__dirname, 'support/generate-types.mjs');
  const options = { input: JSON.stringify(documents), encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
  return JSON.parse(execFileSync(process.execPath, [script], options)) as string[];
}

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  types: [],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es5.d.ts'],
};

/** @returns the lines of the client that TypeScript complains about, and what it says */
function complaintsAbout(types: string): string[] {
  const files = new Map([
    ['/client.ts', CLIENT],
    ['/api.d.ts', types],
  ]);
  const host = ts.createCompilerHost(OPTIONS);
  const readSource = host.getSourceFile.bind(host);
  host.fileExists = (file) => files.has(file) || ts.sys.fileExists(file);
  host.getSourceFile = (file, target) => {
    const own = files.get(file);
    return own === undefined ? readSource(file, target) : ts.createSourceFile(file, own, target);
  };
  return ts
    .getPreEmitDiagnostics(ts.createProgram(['/client.ts'], OPTIONS, host))
    .map(({ file, start, messageText }) => {
      const at = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line;
      const line = file?.text.split('\n')[at]?.trim();
      return `${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
}
