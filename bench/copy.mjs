// @ts-check
// COPY of whole tables through memory.
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { from, to } from 'pg-copy-streams';

/** @param {import('pg').Client} client @param {string} what a table, or a query in brackets */
export function copyOut(client, what) {
  return buffer(client.query(to(`copy ${what} to stdout`)));
}

/** @param {import('pg').Client} client @param {string} table @param {Buffer} rows */
export async function copyIn(client, table, rows) {
  const stream = client.query(from(`copy ${table} from stdin`));
  stream.end(rows);
  await finished(stream);
}
