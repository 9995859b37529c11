import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import type { Environment } from '../config/environment.js';
import { tracing } from '../tracing/tracing.js';

/**
 * Writes one JSON object per line, or readable lines to a terminal.
 * @param destination where the lines go; stdout by default
 */
export function createLogger(
  environment: Pick<Environment, 'logLevel' | 'nodeEnv'>,
  destination?: DestinationStream,
): Logger {
  const options: LoggerOptions = {
    level: environment.logLevel,
    base: null,
    serializers: { err: loggedError },
    formatters: { level: (label) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  if (tracing() !== null) options.mixin = () => ({ ...tracing()?.ids() });
  if (destination !== undefined) return pino(options, destination);
  const readable = environment.nodeEnv !== 'production' && process.stdout.isTTY;
  const pretty = { target: 'pino-pretty', options: { ignore: 'requestId', translateTime: 'HH:MM:ss' } };
  if (readable) {
    try {
      return pino({ ...options, transport: pretty });
    } catch {
      // An installation for production has no pino-pretty.
    }
  }
  // Asynchronous writing joins the lines that arrive during a write. pino writes the rest when the process ends.
  return pino(options, pino.destination({ sync: false }));
}

/** Sends the log lines of Nest and of our classes through the same pino. */
export class NestLogger implements LoggerService {
  constructor(private readonly pino: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }
  /** Dropped: Nest logs every route that it maps, which helps nobody who runs the service. */
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  /**
   * Nest passes the context as the last parameter. An object message carries fields, and its text is the second
   * parameter.
   */
  private write(
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = rest.at(-1);
    const text = typeof message === 'object' && message !== null ? rest[0] : message;
    const fields = typeof message === 'object' && message !== null ? message : {};
    // An error that stops the start is also thrown, and the code that started the application logs it.
    if (context === 'ExceptionHandler' || (context === 'NestApplication' && level === 'error')) return;
    const quieter =
      context === 'RoutesResolver' || context === 'RouterExplorer' || context === 'InstanceLoader';
    this.pino[level === 'info' && quieter ? 'debug' : level]({ context, ...fields }, String(text));
  }
}

/**
 * An error without customer data. Messages and parameters of database errors hold values of the statement, so only the
 * SQL state and names are logged.
 */
function loggedError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, constraint, table, column, routine } = error as Error & Record<string, unknown>;
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? [];
  const fault =
    code === undefined ? { message: error.message } : { code, constraint, table, column, routine };
  return { type: error.name, ...fault, stack: frames.join('\n') };
}
