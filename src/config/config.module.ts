import { Module, type DynamicModule } from '@nestjs/common';
import { ENVIRONMENT } from './environment-token.js';
import type { Environment } from './environment.js';

/** Provides the parsed environment. */
@Module({})
export class ConfigModule {
  static with(environment: Environment): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: ENVIRONMENT, useValue: environment }],
      exports: [ENVIRONMENT],
    };
  }
}
