import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { Describe } from '../openapi/describe.js';
import { idParam } from '../http/validation.pipe.js';
import { AvailabilityService } from './availability.service.js';
import { SetStatus, StatusAnswer } from './status.js';

@ApiTags('Availability')
@Controller('operators/:id/status')
export class AvailabilityController {
  constructor(private readonly availability: AvailabilityService) {}

  @Get()
  @Describe({
    summary: 'Is the operator there?',
    answer: StatusAnswer,
    problems: ['NOT_FOUND'],
  })
  status(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<StatusAnswer> {
    return this.availability.status(caller, id);
  }

  @Put()
  @ApiBody({
    type: SetStatus,
    examples: { go: { value: { status: 'OFFLINE' } }, come: { value: { status: 'AVAILABLE' } } },
  })
  @Describe({
    summary: 'Come or go',
    detail:
      'Only AVAILABLE operators are given conversations. Who goes keeps what they hold for the grace period of the ' +
      'tenant.',
    answer: StatusAnswer,
    problems: ['NOT_FOUND'],
  })
  setStatus(
    @Caller() caller: OperatorPrincipal,
    @Param('id', idParam) id: string,
    @Body() { status }: SetStatus,
  ): Promise<StatusAnswer> {
    return this.availability.setStatus(caller, id, status);
  }
}
