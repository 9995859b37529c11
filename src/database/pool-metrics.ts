import { Gauge, type Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { poolOf } from './pool.js';

/** How busy the pool of connections is, told to `registry` whenever that is asked. */
export function measurePool(source: DataSource, registry: Registry): void {
  const pool = () => poolOf(source);
  new Gauge({
    name: 'inbox_database_pool_connections',
    help: 'Open connections, by whether they are used or idle.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'used' }, pool().totalCount - pool().idleCount);
      this.set({ state: 'idle' }, pool().idleCount);
    },
  });
  new Gauge({
    name: 'inbox_database_pool_max_connections',
    help: 'As many there may be: DATABASE_POOL_SIZE.',
    registers: [registry],
    collect() {
      this.set(pool().options.max);
    },
  });
  new Gauge({
    name: 'inbox_database_pool_waiting',
    help: 'Who waits for a connection.',
    registers: [registry],
    collect() {
      this.set(pool().waitingCount);
    },
  });
}
