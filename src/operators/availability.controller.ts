import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { Describe } from '../openapi/describe.js';
import { idParam } from '../http/validation.pipe.js';
import { AvailabilityService } from './availability.service.js';
import { SetStatus, StatusResponse } from './status.js';

@ApiTags('Availability')
@Controller('operators/:id/status')
export class AvailabilityController {
  constructor(private readonly availability: AvailabilityService) {}

  @Get()
  @Describe({
    id: 'getOperatorStatus',
    summary: "Get an operator's status",
    response: StatusResponse,
    problems: ['NOT_FOUND'],
  })
  status(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<StatusResponse> {
    return this.availability.status(caller, id);
  }

  @Put()
  @ApiBody({
    type: SetStatus,
    examples: {
      goOffline: { value: { status: 'OFFLINE' } },
      takeABreak: { value: { status: 'PAUSED', reason: 'Lunch' } },
      finishWhatYouHold: { value: { status: 'PAUSED', reason: 'End of shift', then: 'OFFLINE' } },
      becomeAvailable: { value: { status: 'AVAILABLE' } },
    },
  })
  @Describe({
    id: 'setOperatorStatus',
    summary: "Set an operator's status",
    detail:
      'Only AVAILABLE operators are allocated conversations. A PAUSED operator keeps what they hold and gets nothing ' +
      'new, except by a supervisor. An operator who goes OFFLINE keeps what they hold for the grace period of the tenant.',
    response: StatusResponse,
    problems: ['NOT_FOUND'],
  })
  setStatus(
    @Caller() caller: OperatorPrincipal,
    @Param('id', idParam) id: string,
    @Body() request: SetStatus,
  ): Promise<StatusResponse> {
    return this.availability.setStatus(caller, id, request);
  }
}
