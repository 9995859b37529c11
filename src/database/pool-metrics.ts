import { Gauge, type Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { LANES, type Lanes } from './lanes.js';
import { poolOf } from './pool.js';

/** Registers metrics of the connection pool. They are read at each scrape. */
export function measurePool(source: DataSource, lanes: Lanes, registry: Registry): void {
  const pool = () => poolOf(source);
  new Gauge({
    name: 'inbox_database_pool_connections',
    help: 'Open connections by state: used or idle.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'used' }, pool().totalCount - pool().idleCount);
      this.set({ state: 'idle' }, pool().idleCount);
    },
  });
  new Gauge({
    name: 'inbox_database_pool_max_connections',
    help: 'The largest number of connections: DATABASE_POOL_SIZE.',
    registers: [registry],
    collect() {
      this.set(pool().options.max);
    },
  });
  new Gauge({
    name: 'inbox_database_pool_waiting',
    help: 'Work that waits for a connection, over all lanes.',
    registers: [registry],
    collect() {
      const inLanes = LANES.reduce((sum, lane) => sum + lanes.use(lane).waiting, 0);
      this.set(pool().waitingCount + inLanes);
    },
  });
  new Gauge({
    name: 'inbox_database_lane_connections',
    help: 'Connections of each lane: in use, and its budget.',
    labelNames: ['lane', 'state'],
    registers: [registry],
    collect() {
      for (const lane of LANES) {
        const { inUse, connections } = lanes.use(lane);
        this.set({ lane, state: 'used' }, inUse);
        this.set({ lane, state: 'budget' }, connections);
      }
    },
  });
  new Gauge({
    name: 'inbox_database_lane_waiting',
    help: 'Work of each lane that waits for a connection.',
    labelNames: ['lane'],
    registers: [registry],
    collect() {
      for (const lane of LANES) this.set({ lane }, lanes.use(lane).waiting);
    },
  });
}
