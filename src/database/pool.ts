import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';

export function poolOf(source: DataSource): Pool {
  return (source.driver as unknown as { master: Pool }).master;
}

/** The share of the connections that are in use, 0 to 1. */
export function shareInUse(source: DataSource): number {
  const { totalCount, idleCount, options } = poolOf(source);
  return (totalCount - idleCount) / options.max;
}
