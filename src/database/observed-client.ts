import { Logger } from '@nestjs/common';
import type { Client } from 'pg';
import { tracing } from '../tracing/tracing.js';
import { sqlStateOf } from './failure.js';
import { PreparingClient, type Query } from './preparing-client.js';

type Observer = (text: string, run: () => unknown) => unknown;

const { query } = PreparingClient.prototype as unknown as { query: Query };
const logger = new Logger('SQL');

/** A connection whose statements appear in traces, including those of TypeORM and the ends of transactions. */
export class TracedClient extends PreparingClient {}
TracedClient.prototype.query = observedBy(trace);

/** A traced connection that also logs each statement with its time. */
export class LoggedClient extends PreparingClient {}
LoggedClient.prototype.query = observedBy((text, run) => log(text, () => trace(text, run)));

function observedBy(observer: Observer): typeof Client.prototype.query {
  const observed: Query = function (...args) {
    const [statement] = args as [string | { text?: string }];
    const text = typeof statement === 'string' ? statement : (statement.text ?? '');
    return observer(text, () => Reflect.apply(query, this, args));
  };
  return observed as typeof Client.prototype.query;
}

function trace(text: string, run: () => unknown): unknown {
  const running = tracing();
  return running === null ? run() : running.statement(text, run);
}

/** The text has placeholders instead of values. Values can be customer data and must not be logged. */
function log(text: string, run: () => unknown): unknown {
  const begun = performance.now();
  const tell = (outcome: object) => {
    const ms = Math.round((performance.now() - begun) * 100) / 100;
    logger.log({ ms, ...outcome }, onOneLine(text));
  };
  const result = run();
  Promise.resolve(result).then(
    (done) => tell({ rows: (done as { rowCount?: number } | undefined)?.rowCount }),
    // The message of the error can hold values of the statement.
    (error: unknown) => tell({ code: sqlStateOf(error) }),
  );
  return result;
}

function onOneLine(text: string): string {
  return text.replace(/--.*$/gm, '').replace(/\s+/g, ' ').trim();
}
