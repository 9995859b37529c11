import { Body, Controller, Get, Param, Patch, Put } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { Describe } from '../http/describe.js';
import { idParam } from '../http/validation.js';
import { UpdateOperator } from '../operators/operator-requests.js';
import { OperatorAnswer } from '../operators/operator.js';
import { AvailabilityService } from './availability.service.js';
import { SetStatus, StatusAnswer } from './status.js';

@Controller('operators/:id')
export class AvailabilityController {
  constructor(private readonly availability: AvailabilityService) {}

  @Get('status')
  @ApiTags('Availability')
  @Describe({
    summary: 'Is the operator there?',
    answer: StatusAnswer,
    problems: ['NOT_FOUND'],
  })
  status(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<StatusAnswer> {
    return this.availability.status(caller, id);
  }

  @Put('status')
  @ApiTags('Availability')
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

  @Patch()
  @ApiTags('Operators')
  @ApiBody({
    type: UpdateOperator,
    examples: { limit: { value: { maxLoad: 5 } }, deactivate: { value: { isActive: false } } },
  })
  @Describe({
    summary: 'Change an operator',
    detail: 'With `isActive: false` they go OFFLINE and everything they hold goes back into the queue.',
    answer: OperatorAnswer,
    problems: ['NOT_FOUND', 'ALREADY_EXISTS'],
    unique: 'email',
  })
  update(
    @Caller() admin: OperatorPrincipal,
    @Param('id', idParam) id: string,
    @Body() request: UpdateOperator,
  ): Promise<OperatorAnswer> {
    return this.availability.update(admin, id, request);
  }
}
