import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OwnPostgres } from '../faults/own-postgres.js';
import { TcpProxy } from '../faults/tcp-proxy.js';
import { ServiceProcess } from '../service-process.js';
import { direct } from '../settings.js';

const SHIFT_CLOCK = pathToFileURL(join(__dirname, '../faults/shift-clock.mjs')).href;

/** Everything a service does by itself, and limits after which silence is an answer. */
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

/** One place of an instance: behind it a proxy of its own, in it a process that comes and goes. */
export class Place {
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
    readonly places: readonly Place[],
  ) {}

  static async start(size: number): Promise<Fleet> {
    const postgres = await OwnPostgres.start();
    const proxies = await Promise.all(Array.from({ length: size }, () => TcpProxy.before(postgres.url)));
    const fleet = new Fleet(
      postgres,
      proxies.map((proxy) => new Place(proxy)),
    );
    await Promise.all(fleet.places.map((place) => place.start()));
    return fleet;
  }

  /** The addresses of the instances that run, as a load balancer knows them: it may be wrong about them. */
  get urls(): string[] {
    return this.places.flatMap(({ service }) => (service === null ? [] : [service.url]));
  }

  async restartPostgres(): Promise<void> {
    await this.postgres.start();
    for (const { proxy } of this.places) proxy.leadTo(this.postgres.url);
  }

  /** All is well from now on: every instance runs, and its connections are as they should be. */
  async heal(): Promise<void> {
    for (const { proxy } of this.places) proxy.heal();
    await Promise.all(this.places.filter(({ service }) => service === null).map((place) => place.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.places.map((place) => place.stop('SIGTERM')));
    await Promise.all(this.places.map(({ proxy }) => proxy.close()));
    await this.postgres.remove();
  }
}
