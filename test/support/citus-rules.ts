import { nameOf, nodesOf, type ParsedFunction, type Syntax } from './sql-syntax.js';

/**
 * What Citus cannot run (docs/scale-out.md), as far as the syntax shows it. Each rule tells what breaks it in a function
 * or, for statements of TypeScript, in a function without parameters.
 */
export interface Known {
  /** Tables with rows of tenants, and the views on them. */
  readonly tables: ReadonlySet<string>;
  readonly immutable: ReadonlySet<string>;
  readonly own: ReadonlySet<string>;
}

export type Rule = (it: ParsedFunction, known: Known) => string[];

const CLOCKS = /^(now|\w*_timestamp|random|gen_random_uuid)$/;

const called = (root: unknown) => nodesOf(root, 'FuncCall').map(({ funcname }) => nameOf(funcname));
const within = (it: ParsedFunction, kind: string) => nodesOf(it.statements, kind);

/** The tables, views and functions that something reads. */
export function readBy(it: ParsedFunction): string[] {
  return [...within(it, 'RangeVar').map(({ relname }) => String(relname)), ...called(it.statements)];
}

/** Rule 2. Such a function in a statement is planned without its parameters. */
export const readsInLanguageSql: Rule = (it, { tables }) =>
  it.language === 'sql' && it.parameters.length > 0 && !it.isSecurityDefiner
    ? readBy(it).filter((name) => tables.has(name))
    : [];

/** What a node writes must not depend on which node computes it. */
export const writesWhatVaries: Rule = (it, { own, immutable }) => [
  ...within(it, 'onConflictClause').flatMap((clause) =>
    called(clause).filter((name) => CLOCKS.test(name) || (own.has(name) && !immutable.has(name))),
  ),
  ...within(it, 'UpdateStmt').flatMap((update) => [
    ...called(update).filter((name) => name === 'clock_timestamp' || name === 'random'),
    ...['CaseExpr', 'CoalesceExpr'].flatMap((kind) =>
      nodesOf(update['targetList'], kind).flatMap((node) => called(node).filter((name) => CLOCKS.test(name))),
    ),
  ]),
];

/** Citus computes the comparison of a known value, and then writes "case 'a' when true". */
export const comparesKnownCase: Rule = (it) =>
  [...within(it, 'UpdateStmt'), ...(it.language === 'sql' ? it.statements : [])]
    .flatMap((part) => nodesOf(part, 'CaseExpr'))
    .map(({ arg }) => nodesOf(arg, 'ColumnRef').map((column) => partsOf(column)[0]!))
    .flat()
    .filter((name) => it.parameters.includes(name) && /settings$|^p_to$/.test(name));

const partsOf = (column: Syntax) => nodesOf(column['fields'], 'String').map(({ sval }) => String(sval));

/** Rule 4: each table says of which tenant its rows are. */
export const readsWithoutTenant: Rule = (it, { tables }) => {
  if (it.isSecurityDefiner) return [];
  return it.statements.flatMap((statement) => {
    const bound = new Set(
      nodesOf(statement, 'A_Expr')
        .filter(({ name }) => nameOf(name) === '=')
        .flatMap(({ lexpr, rexpr }) => nodesOf([lexpr, rexpr], 'ColumnRef').map(partsOf))
        .map((parts) => parts.join('.')),
    );
    const ctes = new Set(nodesOf(statement, 'CommonTableExpr').map(({ ctename }) => String(ctename)));
    const changed = ['UpdateStmt', 'DeleteStmt'].flatMap((kind) => nodesOf(statement, kind));
    return [...nodesOf(statement, 'RangeVar'), ...changed.map(({ relation }) => relation as Syntax)]
      .map((table) => ({
        name: String(table['relname']),
        alias: String((table['alias'] as Syntax | undefined)?.['aliasname'] ?? table['relname']),
      }))
      .filter(({ name }) => tables.has(name) && !ctes.has(name))
      .filter(({ name, alias }) => {
        const column = name === 'tenants' ? 'id' : 'tenant_id';
        return !bound.has(`${alias}.${column}`) && !(alias === name && bound.has(column));
      })
      .map(({ name }) => name);
  });
};

/** Rule 7. */
export const selectsNothing: Rule = (it) =>
  within(it, 'SelectStmt')
    .filter((select) => select['targetList'] === undefined && select['valuesLists'] === undefined)
    .filter((select) => (select['op'] ?? 'SETOP_NONE') === 'SETOP_NONE')
    .map(() => 'select from');

/**
 * Rule 9: advisory locks belong to a node. Functions that take a tenant first run on the node of the tenant. In the
 * language of SQL they do not: the planner puts their text into the statement, and Citus sees no call to send.
 */
export const locksWhereItRuns: Rule = (it) =>
  it.parameters[0] === 'p_tenant' && it.language === 'plpgsql'
    ? []
    : called(it.statements).filter((name) => /^pg_(try_)?advisory/.test(name));

/** Rule 10: several nodes compute what looks across tenants, and get no parameters in LIMIT. */
export const limitsByParameter: Rule = (it) =>
  it.language === 'sql' && it.isSecurityDefiner
    ? within(it, 'SelectStmt')
        .flatMap(({ limitCount }) =>
          nodesOf(limitCount, 'ColumnRef').map((column) => partsOf(column).join('.')),
        )
        .filter((name) => it.parameters.includes(name))
    : [];
