// @ts-check
// Writes .env.example and docs/configuration.md from the compiled table of variables (dist).
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { RULES } from '../dist/src/config/rules.js';
import { SECTIONS } from '../dist/src/config/variables.js';
import { configurationPage, envExample } from './environment-documents.mjs';
import { PROJECT } from './prepare.mjs';

writeFileSync(path.join(PROJECT, '.env.example'), envExample(SECTIONS));
writeFileSync(path.join(PROJECT, 'docs/configuration.md'), configurationPage(SECTIONS, RULES));
console.log('Wrote .env.example and docs/configuration.md.');
