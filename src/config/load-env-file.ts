import { existsSync } from 'node:fs';

/**
 * Loads `.env` of the current folder, if there is one. Variables that are set already stay as they are. Every command
 * begins with this. Tests set all they need themselves, so it does nothing there.
 */
export function loadEnvFile(): void {
  if (process.env['NODE_ENV'] !== 'test' && existsSync('.env')) process.loadEnvFile('.env');
}
