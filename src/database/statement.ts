import { createHash } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import type { PoolClient } from 'pg';

/** A statement that PostgreSQL plans once per connection and runs by name from then on, where no pooler is in between. */
export interface Statement {
  /** Left out: it is planned anew with each run, and no connection keeps it. */
  readonly name?: string;
  readonly text: string;
}

/** Writes a statement. What stands in `${}` is SQL of our own; values of callers are always parameters. */
export function sql(parts: TemplateStringsArray, ...fragments: string[]): Statement {
  const text = String.raw({ raw: parts.raw }, ...fragments);
  return { name: nameOf(text), text };
}

/** The same for the same text, so that each is kept once. */
export function nameOf(text: string): string {
  return createHash('sha1').update(text).digest('base64url');
}

/**
 * For one of many texts that a list can have: every connection keeps what has a name for ever, with its plan. So only
 * those that come often have one.
 */
export function named(isCommon: boolean, statement: Statement): Statement {
  return isCommon ? statement : { text: statement.text };
}

/** The one door through which raw rows come in. `Row` names the columns that the statement selects. */
export async function rowsOf<Row extends object>(
  tx: EntityManager,
  statement: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  const client = (await tx.queryRunner?.connect()) as PoolClient | undefined;
  if (client === undefined) throw new Error('a statement runs inside a transaction only');
  const { name, text } = statement;
  const kept = name !== undefined && namesStatements(tx.dataSource) ? { name } : {};
  const result = await client.query<Row>({ ...kept, text, values: [...values] });
  return result.rows;
}

/** A pooler's next transaction may run where nobody knows the name. */
function namesStatements({ options }: DataSource): boolean {
  const { extra } = options as { extra?: { namesStatements?: boolean } };
  return extra?.namesStatements ?? true;
}
