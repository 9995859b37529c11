import { Client } from 'pg';
import { tracing } from '../tracing/tracing.js';

type Query = (this: Client, ...args: unknown[]) => unknown;

/** A connection whose statements are seen in traces: ours, those of TypeORM, and the ends of transactions. */
export class TracedClient extends Client {}

const { query } = Client.prototype as unknown as { query: Query };
const traced: Query = function (...args) {
  const [statement] = args as [string | { text?: string }];
  const text = typeof statement === 'string' ? statement : (statement.text ?? '');
  const run = () => Reflect.apply(query, this, args);
  const running = tracing();
  return running === null ? run() : running.statement(text, run);
};
TracedClient.prototype.query = traced as typeof Client.prototype.query;
