import { createHash } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import type { PoolClient } from 'pg';

/** A statement. Named ones are planned once per connection and then run by name, unless a pooler is in between. */
export interface Statement {
  /** Without a name the statement is planned at each run, and connections do not keep it. */
  readonly name?: string;
  readonly text: string;
}

/** Writes a statement. `${}` must hold SQL of our own; values of callers are always parameters. */
export function sql(parts: TemplateStringsArray, ...fragments: string[]): Statement {
  const text = String.raw({ raw: parts.raw }, ...fragments);
  return { name: nameOf(text), text };
}

/** The same for the same text, so that each is kept once. */
export function nameOf(text: string): string {
  return createHash('sha1').update(text).digest('base64url');
}

/**
 * Names a statement only when it is common. A list can have many texts, and each connection keeps every named one with
 * its plan.
 */
export function named(isCommon: boolean, statement: Statement): Statement {
  return isCommon ? statement : { text: statement.text };
}

/** The only function that returns raw rows. `Row` has the columns that the statement selects. */
export async function rowsOf<Row extends object>(
  tx: EntityManager,
  statement: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  const client = (await tx.queryRunner?.connect()) as PoolClient | undefined;
  if (client === undefined) throw new Error('a statement can run only inside a transaction');
  const { name, text } = statement;
  const kept = name !== undefined && namesStatements(tx.dataSource) ? { name } : {};
  const result = await client.query<Row>({ ...kept, text, values: [...values] });
  return result.rows;
}

/** With a pooler the next transaction can run on a connection that does not know the name. */
export function namesStatements({ options }: DataSource): boolean {
  const { extra } = options as { extra?: { namesStatements?: boolean } };
  return extra?.namesStatements ?? true;
}
