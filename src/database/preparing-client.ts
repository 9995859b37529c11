import { Client, type ClientConfig } from 'pg';
import { nameOf } from './statement.js';

/**
 * The comment of a query of TypeORM that PostgreSQL shall plan once per connection, like a statement by `sql`. Every
 * connection keeps it, so only hot reads have it.
 */
export const PREPARED = 'prepared';
const MARK = `/* ${PREPARED} */`;

export type Query = (this: Client, ...args: unknown[]) => unknown;

/** A connection that names the queries with that comment. */
export class PreparingClient extends Client {
  readonly namesStatements: boolean;

  constructor(config: ClientConfig & { namesStatements?: boolean }) {
    super(config);
    this.namesStatements = config.namesStatements ?? true;
  }
}

const preparing: Query = function (...args) {
  const [text, values, ...rest] = args;
  const { namesStatements } = this as PreparingClient;
  const isNamed = namesStatements && typeof text === 'string' && text.startsWith(MARK);
  const query = Reflect.get(Client.prototype, 'query') as Query;
  return Reflect.apply(query, this, isNamed ? [{ name: nameOf(text), text, values }, ...rest] : args);
};
PreparingClient.prototype.query = preparing as typeof Client.prototype.query;
