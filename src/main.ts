import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { collectDefaultMetrics } from 'prom-client';
import { readOptions } from './config/command-line.js';
import { EnvironmentError, readEnvironment, type Environment } from './config/environment.js';
import { loadEnvFile } from './config/load-env-file.js';
import { applicationVersion } from './operations/build.js';
import { startTracing, tracing } from './tracing/tracing.js';

const USAGE = `pnpm run start:prod starts the service. It takes no options: it is configured by variables of the environment and of .env,
and docs/configuration.md has all of them. The schema must exist already: pnpm run db:run.
In the image, which has no pnpm: node dist/src/database/migrate.js run and node dist/src/main.js`;

/** Starts the service. A problem that a person can fix is one line on stderr, without a stack. */
async function main(): Promise<void> {
  try {
    if (readOptions({}, USAGE) === null) return;
    loadEnvFile();
    const environment = readEnvironment(process.env);
    // Metrics of the process: processor, memory, event loop.
    collectDefaultMetrics();
    if (environment.tracing) await startTracing(applicationVersion());
    // Loading all of the service takes a second: --help and a wrong variable need not wait for it.
    const { Logger } = await import('@nestjs/common');
    const { createApplication } = await import('./create-application.js');
    const application = await createApplication(environment);
    stopOnSignal(application, environment);
    await application.listen(environment.port, environment.host);
    new Logger('Service').log(`listening on ${await application.getUrl()}`);
  } catch (error) {
    for (const line of linesOf(error)) process.stderr.write(`${line}\n`);
    process.exit(1);
  }
}

function linesOf(error: unknown): string[] {
  if (error instanceof EnvironmentError) return error.problems;
  if (!(error instanceof Error)) return [String(error)];
  const { code, port, address, message } = error as NodeJS.ErrnoException & {
    port?: number;
    address?: string;
  };
  switch (code) {
    case 'EADDRINUSE':
      return [`port ${port} on ${address} is in use: set PORT to another one`];
    case 'EACCES':
      return port === undefined ? [message] : [`port ${port} needs more rights: set PORT to one above 1023`];
    case 'EADDRNOTAVAIL':
      return [`${address} is not an address of this machine: set HOST to one of its addresses`];
    default:
      return [message];
  }
}

/** `disconnect` means that the parent process has ended, even if it was killed. */
function stopOnSignal(application: NestFastifyApplication, environment: Environment): void {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => {
      process.stderr.write(`not stopped after ${environment.shutdownTimeoutSeconds} s: exiting\n`);
      process.exit(1);
    }, environment.shutdownTimeoutSeconds * 1000).unref();
    const stopped = application.close().finally(() => tracing()?.stop());
    stopped.then(
      () => process.exit(0),
      (error: unknown) => {
        for (const line of linesOf(error)) process.stderr.write(`${line}\n`);
        process.exit(1);
      },
    );
  };
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.on(event, stop);
}

void main();
