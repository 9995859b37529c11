import { loadModule, parsePlPgSQLSync, parseSync } from 'libpg-query';

/** A node of a syntax tree, as PostgreSQL's own parser makes it. */
export type Syntax = Readonly<Record<string, unknown>>;

/** What a file with a function creates. */
export interface ParsedFunction {
  readonly name: string;
  readonly language: string;
  readonly parameters: readonly string[];
  readonly isSecurityDefiner: boolean;
  /** Its statements and expressions. */
  readonly statements: readonly Syntax[];
}

export const loadParser = loadModule;

export function parseStatement(text: string): Syntax {
  return parseSync(text) as unknown as Syntax;
}

/** @throws SqlError when PostgreSQL would not parse it */
export function parseFunction(text: string): ParsedFunction {
  const create = only(nodesOf(parseStatement(text), 'CreateFunctionStmt'));
  const option = (name: string) =>
    nodesOf(create, 'DefElem').find(({ defname }) => defname === name)?.['arg'] as Syntax | undefined;
  const [body = ''] = nodesOf(option('as') ?? {}, 'String').map(({ sval }) => String(sval));
  const language = String((option('language')?.['String'] as Syntax).sval);
  return {
    name: nameOf(create['funcname']),
    language,
    parameters: nodesOf(create, 'FunctionParameter')
      .filter(({ mode }) => mode !== 'FUNC_PARAM_TABLE' && mode !== 'FUNC_PARAM_OUT')
      .map(({ name }) => String(name)),
    isSecurityDefiner: option('security') !== undefined,
    statements: language === 'sql' ? [parseStatement(body)] : expressionsOf(text).map(parseStatement),
  };
}

/** The statements and expressions of a function in PL/pgSQL, each as a statement. */
function expressionsOf(text: string): string[] {
  return nodesOf(parsePlPgSQLSync(text) as unknown as Syntax, 'PLpgSQL_expr').map((expression) => {
    const query = String(expression['query']);
    const mode = Number(expression['parseMode'] ?? 0);
    // 2: an expression. 3 and more: an assignment, of which the left side reads nothing.
    if (mode === 0) return query;
    return `select ${mode === 2 ? query : query.replace(/^[^=]*?:?=/, '')}`;
  });
}

/** Every node of a kind below another one. */
export function nodesOf(root: unknown, kind: string): Syntax[] {
  if (typeof root !== 'object' || root === null) return [];
  return Object.entries(root).flatMap(([key, value]) => [
    ...(key === kind ? [value as Syntax] : []),
    ...nodesOf(value, kind),
  ]);
}

/** The last part of a name with dots. */
export function nameOf(parts: unknown): string {
  const last = nodesOf(parts, 'String').at(-1) as { sval?: string } | undefined;
  return last?.sval ?? '';
}

function only(found: readonly Syntax[]): Syntax {
  const [one] = found;
  if (one === undefined || found.length > 1) throw new Error('a file creates one function');
  return one;
}
