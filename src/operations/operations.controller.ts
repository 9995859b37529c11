import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import { ApiProduces, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { register } from 'prom-client';
import { bearerOf, isSameSecret } from '../access/same-secret.js';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { NEWEST_MIGRATION } from '../database/migrations.js';
import { Describe } from '../openapi/describe.js';
import { Problem } from '../http/problem.js';
import { applicationVersion, builtCommit } from './build.js';
import { Metrics } from './metrics.js';
import { Readiness } from './readiness.js';

class HealthResponse {
  @ApiProperty({ example: 'ok' })
  status: 'ok';
}

class VersionResponse {
  @ApiProperty({ example: '0.1.0' })
  version: string;
  @ApiProperty({
    type: String,
    nullable: true,
    example: '8f14e45fceea167a5a36dedd4bea2543c5b1a0d7',
    description: 'The commit that was built, with `-dirty` when files had been changed; null when unknown.',
  })
  commit: string | null;
  @ApiProperty({ example: 'Backlog1795219230000', description: 'The newest migration of this version.' })
  schema: string;
  @ApiProperty({ example: '20.20.2', description: 'The version of Node.' })
  node: string;
}

const SOME_METRICS = `# HELP http_requests_in_flight Requests without a complete response.
# TYPE http_requests_in_flight gauge
http_requests_in_flight 1
`;

@ApiTags('Operations')
@Controller()
export class OperationsController {
  private readonly running: VersionResponse = {
    version: applicationVersion(),
    commit: builtCommit(),
    schema: NEWEST_MIGRATION,
    node: process.versions.node,
  };

  constructor(
    private readonly readiness: Readiness,
    private readonly allMetrics: Metrics,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get('health')
  @Describe({
    id: 'getHealth',
    summary: 'Check that the process is alive',
    detail: 'Does not use the database.',
    response: HealthResponse,
  })
  health(): HealthResponse {
    return { status: 'ok' };
  }

  @Get('ready')
  @Describe({
    id: 'getReadiness',
    summary: 'Check that requests can be served',
    detail: '503 while the database is unavailable, and from the moment the instance begins to stop.',
    response: HealthResponse,
    problems: ['DATABASE_UNAVAILABLE', 'SHUTTING_DOWN'],
  })
  async ready(): Promise<HealthResponse> {
    await this.readiness.require();
    return { status: 'ok' };
  }

  @Get('version')
  @Describe({
    id: 'getVersion',
    summary: 'Get the running version',
    detail: 'Does not use the database.',
    response: VersionResponse,
  })
  version(): VersionResponse {
    return this.running;
  }

  @Get('metrics')
  @Header('Content-Type', register.contentType)
  @ApiProduces('text/plain')
  @Describe({
    id: 'getMetrics',
    summary: 'Get metrics for Prometheus',
    detail: 'In the text format of Prometheus. Requires `METRICS_TOKEN` as a bearer token when it is set.',
    response: String,
    example: SOME_METRICS,
    problems: ['UNAUTHENTICATED'],
  })
  metrics(@Req() { headers }: FastifyRequest): Promise<string> {
    const { token } = this.environment.metrics;
    const given = bearerOf(headers.authorization);
    if (token !== null && (given === undefined || !isSameSecret(given, token))) {
      throw new Problem('UNAUTHENTICATED', 'The metrics require METRICS_TOKEN as a bearer token.');
    }
    return this.allMetrics.text();
  }
}
