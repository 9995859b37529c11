import type { z } from 'zod';

/** One environment variable. The parser, the documents and the problems come from it. */
export interface Variable {
  readonly name: string;
  /** The allowed values, and how to parse them. */
  readonly kind: z.ZodType<unknown, string>;
  /** The effect of the variable, for people. */
  readonly about: string;
  /**
   * The default as it is written in the environment. Without one the value is null, unless the variable is required.
   */
  readonly default?: string;
  /** The default in words, when it depends on something else. */
  readonly defaultInWords?: string;
  readonly required?: true;
  /** The value in `.env.example`, when it is not the default. */
  readonly example?: string;
}

/** Variables by the names of their values in the code. */
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

/** An empty variable counts as unset, because Compose and CI systems pass on empty ones. */
export function textOf(source: NodeJS.ProcessEnv, name: string): string | null {
  return source[name]?.trim() || null;
}

/** Reads a whole table and adds one line to `problems` per invalid variable. */
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
