import { Controller, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal } from '../access/principal.js';
import { idParam } from '../http/validation.pipe.js';
import { Describe } from '../openapi/describe.js';
import { OperatorReader } from './operator-reader.js';
import { Presence } from '../presence/presence.js';
import { PresenceResponse } from './presence-response.js';

@ApiTags('Availability')
@Controller('operators/:id/presence')
export class PresenceController {
  constructor(
    private readonly operators: OperatorReader,
    private readonly presence: Presence,
  ) {}

  @Put()
  @Describe({
    id: 'renewPresence',
    summary: "Renew an operator's presence",
    detail:
      'A sign of life, to be repeated before `presentUntil`. In a tenant with `presenceTimeoutSeconds`, nobody is given ' +
      'a conversation after that time, and the operator becomes OFFLINE. A renewal never makes them AVAILABLE. ' +
      'Repeated within a few seconds, the response can be the same.',
    response: PresenceResponse,
    problems: ['NOT_FOUND'],
  })
  async renew(
    @Caller() caller: OperatorPrincipal,
    @Param('id', idParam) operatorId: string,
  ): Promise<PresenceResponse> {
    this.operators.requireOwn(caller, operatorId);
    const { presentUntil, status } = await this.presence.renew(caller.tenantId, operatorId);
    return { operatorId, presentUntil: presentUntil?.toISOString() ?? null, status };
  }
}
