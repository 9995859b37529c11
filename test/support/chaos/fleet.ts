import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OwnPostgres } from '../faults/own-postgres.js';
import { TcpProxy } from '../faults/tcp-proxy.js';
import { ServiceProcess } from '../service-process.js';
import { direct } from '../settings.js';

const SHIFT_CLOCK = pathToFileURL(join(__dirname, '../faults/shift-clock.mjs')).href;

/** Switches every job on and shortens time limits. */
const SETTINGS = {
  GRACE_EXPIRY_INTERVAL_SECONDS: '1',
  SATURATION_SWEEP_INTERVAL_SECONDS: '2',
  DISTRIBUTION_SWEEP_INTERVAL_SECONDS: '1',
  STATS_INTERVAL_SECONDS: '1',
  CLEAN_UP_INTERVAL_SECONDS: '1',
  WEBHOOK_INTERVAL_SECONDS: '1',
  WEBHOOK_ALLOW_PRIVATE_TARGETS: 'yes',
  DATABASE_STATEMENT_TIMEOUT_MS: '1500',
  DATABASE_LOCK_TIMEOUT_MS: '1000',
  DATABASE_CONNECTION_TIMEOUT_MS: '1000',
  DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS: '1500',
  SHUTDOWN_TIMEOUT_SECONDS: '20',
};

/** A slot for an instance, with a proxy of its own to the database. Its process starts and stops. */
export class Slot {
  service: ServiceProcess | null = null;

  constructor(readonly proxy: TcpProxy) {}

  async start(clockShiftMs = 0): Promise<void> {
    const shift = { CLOCK_SHIFT_MS: String(clockShiftMs), NODE_OPTIONS: `--import=${SHIFT_CLOCK}` };
    this.service = await ServiceProcess.start(this.proxy.url, {
      ...SETTINGS,
      ...direct(this.proxy.url),
      ...(clockShiftMs === 0 ? {} : shift),
    });
  }

  /** @returns its exit code; null when it was killed */
  async stop(signal: NodeJS.Signals): Promise<number | null> {
    const leaving = this.service;
    this.service = null;
    return leaving === null ? 0 : leaving.stop(signal);
  }
}

/** Some instances of the built service on one PostgreSQL, all of which may fail. */
export class Fleet {
  private constructor(
    readonly postgres: OwnPostgres,
    readonly slots: readonly Slot[],
  ) {}

  static async start(size: number): Promise<Fleet> {
    const postgres = await OwnPostgres.start();
    const proxies = await Promise.all(Array.from({ length: size }, () => TcpProxy.before(postgres.url)));
    const fleet = new Fleet(
      postgres,
      proxies.map((proxy) => new Slot(proxy)),
    );
    await Promise.all(fleet.slots.map((slot) => slot.start()));
    return fleet;
  }

  /** The addresses of running instances, as a load balancer knows them. They may be out of date. */
  get urls(): string[] {
    return this.slots.flatMap(({ service }) => (service === null ? [] : [service.url]));
  }

  async restartPostgres(): Promise<void> {
    await this.postgres.start();
    for (const { proxy } of this.slots) proxy.leadTo(this.postgres.url);
  }

  /** Ends all faults: starts every instance and restores its connections. */
  async heal(): Promise<void> {
    for (const { proxy } of this.slots) proxy.heal();
    await Promise.all(this.slots.filter(({ service }) => service === null).map((slot) => slot.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.stop('SIGTERM')));
    await Promise.all(this.slots.map(({ proxy }) => proxy.close()));
    await this.postgres.remove();
  }
}
