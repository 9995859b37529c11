import { Controller, Get } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { Database } from '../database/database.js';
import { sql } from '../database/statement.js';
import { Describe } from '../http/describe.js';
import { Problem } from '../http/problem.js';
import { Shutdown } from './shutdown.js';
import { applicationVersion } from './application-version.js';

class HealthAnswer {
  @ApiProperty({ example: 'ok' })
  status: 'ok';
}

class VersionAnswer {
  @ApiProperty({ example: '0.1.0' })
  version: string;
  @ApiProperty({ example: '20.20.2', description: 'Of Node.' })
  node: string;
}

/** Is the schema there, and may the service's role read it? */
const IS_READY = sql`select count(*) from (select from tenants limit 1) t`;

@ApiTags('Operations')
@Controller()
export class OperationsController {
  constructor(
    private readonly database: Database,
    private readonly shutdown: Shutdown,
  ) {}

  @Get('health')
  @Describe({
    summary: 'The process lives',
    detail: 'Does not ask the database.',
    answer: HealthAnswer,
  })
  health(): HealthAnswer {
    return { status: 'ok' };
  }

  @Get('ready')
  @Describe({
    summary: 'Requests can be served',
    detail: '503 while the database is away, and from the moment the instance is told to stop.',
    answer: HealthAnswer,
    problems: ['DATABASE_UNAVAILABLE', 'SHUTTING_DOWN'],
  })
  async ready(): Promise<HealthAnswer> {
    if (this.shutdown.hasBegun) throw new Problem('SHUTTING_DOWN', 'This instance is stopping.');
    try {
      await this.database.look(IS_READY, []);
    } catch {
      throw new Problem('DATABASE_UNAVAILABLE', 'The database cannot be used now.');
    }
    return { status: 'ok' };
  }

  @Get('version')
  @Describe({ summary: 'What runs here', answer: VersionAnswer })
  version(): VersionAnswer {
    return { version: applicationVersion(), node: process.versions.node };
  }
}
