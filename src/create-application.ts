import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import type { Environment } from './config/environment.js';
import { configureApplication } from './configure-application.js';
import { connect } from './database/connect.js';
import { databaseProblem } from './database/database-problem.js';
import { ENTITIES } from './entities.js';
import { createAdapter } from './http/fastify.js';
import { createLogger, NestLogger } from './http/logging.js';

/**
 * Creates the whole service, ready to listen.
 * @throws an Error with one clear line when the database cannot be used
 */
export async function createApplication(
  environment: Environment,
  logger = createLogger(environment),
): Promise<NestFastifyApplication> {
  try {
    if (environment.nodeEnv === 'production' && environment.secretKeys === null) {
      logger.warn(
        'SECRETS_KEY is not set: the secrets of webhooks and of signed requests lie in the database in clear',
      );
    }
    const source = await connect(environment.database, ENTITIES, (message) => logger.warn(message));
    const app = await NestFactory.create<NestFastifyApplication>(
      AppModule.with(environment, source),
      // Requests get half of the time for the shutdown, because jobs and the pool need some too.
      createAdapter(logger, environment, environment.shutdownTimeoutSeconds * 500),
      {
        logger: new NestLogger(logger),
        // The only body parser is in http/fastify.ts.
        bodyParser: false,
        abortOnError: false,
      },
    );
    try {
      await configureApplication(app, environment);
      await app.init();
      await app.getHttpAdapter().getInstance().ready();
      return app;
    } catch (error) {
      await app.close();
      throw error;
    }
  } catch (error) {
    throw new Error(databaseProblem(error), { cause: error });
  }
}
