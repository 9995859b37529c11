import { execFile } from 'node:child_process';
import { DataSource, type QueryRunner } from 'typeorm';
import { readDatabaseForOwner } from '../../src/config/environment.js';
import { migrationDataSource } from '../../src/database/data-source.js';
import { MIGRATIONS } from '../../src/database/migrations.js';
import { Migrator } from '../../src/database/migrator.js';
import type { TestDatabase } from './database.js';
import { builtProgram } from './packages/built-program.js';
import { asService } from './settings.js';

export interface Ended {
  readonly code: number;
  /** Lines of standard output. */
  readonly said: string[];
  /** Lines of standard error: steps, or the one reason. */
  readonly told: string[];
}

/** Runs the built `migrate.js` on a database, as its owner. */
export function migrate(
  database: TestDatabase,
  args: string[],
  changes: Record<string, string> = {},
): Promise<Ended> {
  return runBuilt('database/migrate.js', args, {
    DATABASE_ADMIN_URL: database.url,
    DATABASE_URL: asService(database.url),
    ...changes,
  });
}

/** Reverts all migrations after the first `left`. In this process: a process for each takes a second. */
export async function revertTo(database: TestDatabase, left: number): Promise<void> {
  const owner = readDatabaseForOwner({ NODE_ENV: 'test', DATABASE_ADMIN_URL: database.url });
  const migrator = await Migrator.open(owner, () => undefined);
  try {
    for (let i = left; i < MIGRATIONS.length; i++) await migrator.revert(false);
  } finally {
    await migrator.close();
  }
}

/** Runs a built program. With NODE_ENV `test` it reads no .env. */
export function runBuilt(file: string, args: string[], variables: Record<string, string>): Promise<Ended> {
  return runProgram(builtProgram(file), args, variables);
}

export function runProgram(
  program: string,
  args: string[],
  variables: Record<string, string>,
): Promise<Ended> {
  const env = { PATH: process.env['PATH'], NODE_ENV: 'test', ...variables };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...args], { env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? 1, said: linesOf(stdout), told: linesOf(stderr) });
    });
    child.stdin?.end();
  });
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** A connection as the owner, of the kind that migrations have. */
export async function withRunner<T>(
  database: TestDatabase,
  work: (runner: QueryRunner) => Promise<T>,
): Promise<T> {
  const source = await new DataSource(migrationDataSource({ adminUrl: database.url })).initialize();
  const runner = source.createQueryRunner();
  try {
    return await work(runner);
  } finally {
    await runner.release();
    await source.destroy();
  }
}
