import { DataSource, MigrationExecutor, type Migration, type QueryRunner } from 'typeorm';
import { adoptEarlierDatabase } from '../../migrations/support/adopt-earlier-database.js';
import type { DatabaseEnvironment } from '../config/environment.js';
import { checkCluster } from './check-cluster.js';
import { isDistributed } from './check-distribution.js';
import { applySqlFiles, CREATE_REGISTRY, dropSqlFiles } from './apply-sql-files.js';
import { migrationDataSource } from './data-source.js';
import { isUpToDate } from './describe-state.js';
import { missingDistribution } from './distribution.js';
import { ADOPTED_UP_TO, MIGRATIONS, STOPPED_UP_TO } from './migrations.js';
import {
  ensureRoles,
  missingRoles,
  SERVICE_LOGIN,
  setPassword,
  type RoleChange,
  type ServiceLogin,
} from './roles.js';
import {
  numberOf,
  reasonNotToMigrate,
  readSchemaState,
  SAY_WHOM_IT_SERVES,
  type SchemaState,
} from './schema-state.js';
import { checkServerVersion } from './server-version.js';
import { APPLICATION_ROLE, sessionSettings } from './session.js';
import { readSqlFiles } from './sql-files.js';
import { LOCK_TIMEOUT_MS, whenLocksAreFree } from './when-locks-are-free.js';

/** Migrations of one database run one at a time. The session holds the lock, so that it ends with the session. */
const LOCK = `hashtextextended('inbox-allocation-service migrations', 0)`;

/** Receives one line for each step. */
export type Progress = (step: string) => void;

/** A migration that has not run, and its place among those. */
interface Work {
  readonly migration: Migration;
  readonly place: string;
}

/** Migrates one database as its owner (DATABASE_ADMIN_URL). Close it after use. */
export class Migrator {
  private readonly query = (text: string): Promise<unknown> => this.runner.query(text);

  private constructor(
    private readonly source: DataSource,
    private readonly runner: QueryRunner,
    private readonly database: DatabaseEnvironment,
    private readonly progress: Progress,
  ) {}

  /** @throws Error with one line when the server cannot be used */
  static async open(database: DatabaseEnvironment, progress: Progress): Promise<Migrator> {
    const source = await new DataSource(migrationDataSource(database)).initialize();
    const runner = source.createQueryRunner();
    const migrator = new Migrator(source, runner, database, progress);
    try {
      await checkServerVersion((text) => runner.query(text));
      return migrator;
    } catch (error) {
      await migrator.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.runner.release();
    await this.source.destroy();
  }

  state(): Promise<SchemaState> {
    return readSchemaState((text) => this.runner.query(text), readSqlFiles());
  }

  /**
   * Brings the database to the state of this build: roles, then migrations, functions and views in one transaction.
   * Instances that use the database see the former schema or the new one, and never one without its functions.
   * @param distributes whether it also distributes the tables and functions over the nodes of Citus
   * @returns the number of changes; 0 when the database was up to date
   */
  async run({ distributes = false } = {}): Promise<number> {
    if (distributes) await checkCluster(this.query);
    return this.alone(async () => {
      const found = await this.state();
      const reason = reasonNotToMigrate(found);
      if (reason !== null) throw new Error(reason);
      const roles = await this.ensureRoles(await this.currentUser());
      for (const { shown, isNeeded } of roles) if (isNeeded) this.progress(shown);
      const adopted = found.earlier > 0 ? await this.inTransaction(() => this.adopt(found.applied)) : 0;
      const pending = await new MigrationExecutor(this.source, this.runner).getPendingMigrations();
      const work = pending.map((migration, i) => ({ migration, place: `${i + 1} of ${pending.length}` }));
      const isEarly = ({ migration: { name } }: Work) => numberOf(name) <= numberOf(STOPPED_UP_TO.name);
      for (const early of work.filter(isEarly)) await this.inTransaction(() => this.runMigration(early));
      const update = () => this.inTransaction(() => this.update(work.filter((later) => !isEarly(later))));
      const applied = await whenLocksAreFree(update, this.progress);
      const done = roles.length + adopted + pending.length + applied;
      // What a new version adds to a distributed database is distributed too.
      return distributes || (await isDistributed(this.query)) ? done + (await this.distribute()) : done;
    });
  }

  /** The statements that distribute the tables and functions, for somebody to read. It works without Citus, too. */
  async missingDistribution(): Promise<string[]> {
    if (!isUpToDate(await this.state())) throw new Error('the database is not up to date: run db:run first');
    return missingDistribution(this.query, await this.hasCitus(), this.settingsOfNodes());
  }

  /**
   * Creates only the roles, for an owner without that right.
   * @returns the changes, to be shown
   */
  ensureRoles(owner: string): Promise<RoleChange[]> {
    return ensureRoles(this.runner, owner, this.login());
  }

  /** The missing roles as SQL, for somebody else to run. */
  missingRoles(owner: string): Promise<RoleChange[]> {
    return missingRoles(this.runner, owner, this.login());
  }

  /** Sets the password of the login in DATABASE_URL. */
  async setPassword(): Promise<RoleChange> {
    const { name, password, isRequired } = this.login();
    if (!isRequired || password === null)
      throw new Error('DATABASE_URL must name another login than DATABASE_ADMIN_URL, with a password');
    const change = setPassword(name, password);
    await this.runner.query(change.sql);
    return change;
  }

  /**
   * Reverts the last migration or all of them, and drops all functions and views, because they need the whole schema.
   */
  async revert(all: boolean): Promise<number> {
    return this.alone(async () => {
      const { applied, unknown } = await this.state();
      const known = applied.filter((name) => !unknown.includes(name));
      const count = all ? known.length : Math.min(known.length, 1);
      if (count === 0) return 0;
      await this.inTransaction(() => dropSqlFiles(this.runner));
      const executor = new MigrationExecutor(this.source, this.runner);
      executor.transaction = 'each';
      for (let i = 0; i < count; i++) {
        this.progress(`reverting ${known[known.length - 1 - i]}`);
        await executor.undoLastMigration();
      }
      if (count === known.length) await this.runner.query('drop table sql_files');
      return count;
    });
  }

  async currentUser(): Promise<string> {
    const [row] = (await this.runner.query('select current_user::text as name')) as { name: string }[];
    return row?.name ?? '';
  }

  private login(): ServiceLogin {
    const application = new URL(this.database.url);
    const owner = new URL(this.database.adminUrl);
    const user = decodeURIComponent(application.username);
    const isRequired = user !== '' && user !== decodeURIComponent(owner.username);
    return {
      name: isRequired ? user : SERVICE_LOGIN,
      password: isRequired ? decodeURIComponent(application.password) || null : null,
      settings: sessionSettings(this.database),
      isRequired,
    };
  }

  private async alone<T>(work: () => Promise<T>): Promise<T> {
    const [row] = (await this.runner.query(`select pg_try_advisory_lock(${LOCK}) as is_ours`)) as {
      is_ours: boolean;
    }[];
    if (row?.is_ours !== true) {
      this.progress('waiting for another migration of this database to end');
      await this.runner.query(`select pg_advisory_lock(${LOCK})`);
    }
    try {
      return await work();
    } finally {
      await this.runner.query(`select pg_advisory_unlock(${LOCK})`).catch(() => undefined);
    }
  }

  /** What runs beside the service. @returns the number of changed functions and views */
  private async update(migrations: readonly Work[]): Promise<number> {
    await this.runner.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
    for (const migration of migrations) await this.runMigration(migration);
    await this.runner.query(`grant select on migrations to ${APPLICATION_ROLE}`);
    await this.runner.query(CREATE_REGISTRY);
    const changed = await this.applyFiles();
    await this.runner.query(SAY_WHOM_IT_SERVES);
    return changed;
  }

  private async distribute(): Promise<number> {
    const statements = await this.missingDistribution();
    // All or nothing: Citus moves the rows, so a failure leaves each where it was.
    await this.inTransaction(async () => {
      for (const [i, statement] of statements.entries()) {
        if (statement.includes('create_distributed_table'))
          this.progress(`statement ${i + 1} of ${statements.length}: ${statement}`);
        await this.runner.query(statement);
      }
    });
    return statements.length;
  }

  private async hasCitus(): Promise<boolean> {
    const rows = (await this.query(`select 1 from pg_extension where extname = 'citus'`)) as unknown[];
    return rows.length > 0;
  }

  /** The settings of a session of the service, as far as they matter where its statements run. */
  private settingsOfNodes(): Record<string, string> {
    const settings = Object.entries(sessionSettings({ ...this.database, isDistributed: true }));
    return Object.fromEntries(
      settings.filter(([name]) => name !== 'role' && name !== 'citus.propagate_set_commands'),
    );
  }

  private async adopt(earlier: readonly string[]): Promise<number> {
    this.progress(`adopting a database of before the first release, made by ${earlier.length} migrations`);
    await adoptEarlierDatabase(this.runner);
    await this.runner.query('delete from migrations where name = any ($1)', [earlier]);
    for (const { name } of MIGRATIONS.slice(0, MIGRATIONS.indexOf(ADOPTED_UP_TO) + 1)) {
      await this.runner.query('insert into migrations (timestamp, name) values ($1, $2)', [
        name.slice(-13),
        name,
      ]);
    }
    return 1;
  }

  private async runMigration({ migration, place }: Work): Promise<void> {
    this.progress(`migration ${place}: ${migration.name}`);
    await new MigrationExecutor(this.source, this.runner).executeMigration(migration);
  }

  private async applyFiles(): Promise<number> {
    const files = readSqlFiles();
    const { applied, dropped } = await applySqlFiles(this.runner, files);
    for (const name of dropped) this.progress(`dropped ${name}, which no longer has a file`);
    if (applied.length > 0) this.progress(`applied ${applied.length} of ${files.length} functions and views`);
    return applied.length + dropped.length;
  }

  private async inTransaction<T>(work: () => Promise<T>): Promise<T> {
    await this.runner.startTransaction();
    try {
      const result = await work();
      await this.runner.commitTransaction();
      return result;
    } catch (error) {
      await this.runner.rollbackTransaction().catch(() => undefined);
      throw error;
    }
  }
}
