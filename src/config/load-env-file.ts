import { existsSync } from 'node:fs';

/**
 * Reads `.env` of the folder the process was started in, where there is one. What is set already stays as it is. Every
 * command begins with this; tests say all they want themselves.
 */
export function loadEnvFile(): void {
  if (process.env['NODE_ENV'] !== 'test' && existsSync('.env')) process.loadEnvFile('.env');
}
