import { existsSync } from 'node:fs';

/**
 * Loads `.env` of the current folder, if it exists. Variables that are set keep their values. Every command calls this
 * first. It does nothing in tests, because they set all variables themselves.
 */
export function loadEnvFile(): void {
  if (process.env['NODE_ENV'] !== 'test' && existsSync('.env')) process.loadEnvFile('.env');
}
