// Writes openapi.json from the compiled application (dist). Nest's preview mode reads the controllers and
// makes no providers, so no database is needed.
import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AppModule } from '../dist/src/app.module.js';
import { readEnvironment } from '../dist/src/config/environment.js';
import { configureApplication } from '../dist/src/configure-application.js';
import { applicationDataSource } from '../dist/src/database/data-source.js';
import { ENTITIES } from '../dist/src/entities.js';
import { createAdapter } from '../dist/src/http/fastify.js';
import { createLogger } from '../dist/src/http/logging.js';
import { openApiDocument } from '../dist/src/openapi-document.js';

const FILE = fileURLToPath(new URL('../openapi.json', import.meta.url));

const environment = readEnvironment({
  AUTH_MODE: 'trusted-headers',
  DATABASE_URL: 'postgresql://127.0.0.1/inbox',
  LOG_LEVEL: 'silent',
});
const neverConnected = new DataSource(applicationDataSource(environment.database, ENTITIES));
const application = await NestFactory.create(
  AppModule.with(environment, neverConnected),
  createAdapter(createLogger(environment), environment, 0),
  { preview: true, logger: false, bodyParser: false },
);
await configureApplication(application, environment);
writeFileSync(FILE, `${JSON.stringify(openApiDocument(application), null, 2)}\n`);
console.log('Wrote openapi.json.');
