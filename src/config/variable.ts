import type { z } from 'zod';

/** Everything there is to know about one environment variable. Parser, documents and problems come from it. */
export interface Variable {
  readonly name: string;
  /** What it may hold, and what the service makes of it. */
  readonly kind: z.ZodType<unknown, string>;
  /** For people: what it does. */
  readonly about: string;
  /** As it would be written in the environment. Without one the value is null, unless it is required. */
  readonly default?: string;
  /** In words, where the default depends on something else. */
  readonly defaultInWords?: string;
  readonly required?: true;
  /** What `.env.example` shows, where that is not the default. */
  readonly example?: string;
}

/** Variables by the names that the service has for their values. */
export interface VariableTree {
  readonly [key: string]: Variable | VariableTree;
}

type Value<V extends Variable> = V extends { default: string } | { required: true }
  ? z.output<V['kind']>
  : z.output<V['kind']> | null;

export type ValuesOf<Tree> = {
  -readonly [Key in keyof Tree]: Tree[Key] extends Variable ? Value<Tree[Key]> : ValuesOf<Tree[Key]>;
};

export function isVariable(node: Variable | VariableTree): node is Variable {
  return typeof node['name'] === 'string';
}

/** In the order of the table. */
export function variablesOf(tree: VariableTree): Variable[] {
  return Object.values(tree).flatMap((node) => (isVariable(node) ? [node] : variablesOf(node)));
}

/** An empty variable counts as unset: Compose and CI systems pass empty ones on. */
export function textOf(source: NodeJS.ProcessEnv, name: string): string | null {
  return source[name]?.trim() || null;
}

/** Reads a whole table and puts a line into `problems` for each variable that is wrong. */
export function readVariables<Tree extends VariableTree>(
  tree: Tree,
  source: NodeJS.ProcessEnv,
  problems: string[],
): ValuesOf<Tree> {
  const entries = Object.entries(tree).map(([key, node]) => [
    key,
    isVariable(node) ? readVariable(node, source, problems) : readVariables(node, source, problems),
  ]);
  return Object.fromEntries(entries) as ValuesOf<Tree>;
}

function readVariable(variable: Variable, source: NodeJS.ProcessEnv, problems: string[]): unknown {
  const { name, kind } = variable;
  const text = textOf(source, name);
  if (text === null && variable.required) problems.push(`${name}: is required, ${kind.description}`);
  if (text !== null) {
    const { success, data, error } = kind.safeParse(text);
    if (success) return data;
    problems.push(
      `${name}: ${error.issues[0]?.message}${kind.meta()?.['isSecret'] ? '' : `, not "${text}"`}`,
    );
  }
  return variable.default === undefined ? null : kind.parse(variable.default);
}
