import { Body, Controller, Param, Patch } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal } from '../access/principal.js';
import { Describe } from '../http/describe.js';
import { idParam } from '../http/validation.js';
import { UpdateInbox } from '../inboxes/inbox-requests.js';
import { InboxAnswer } from '../inboxes/inbox.js';
import { InboxChangesService } from './inbox-changes.service.js';

@ApiTags('Inboxes')
@Controller('inboxes/:id')
export class InboxChangesController {
  constructor(private readonly inboxes: InboxChangesService) {}

  @Patch()
  @ApiBody({
    type: UpdateInbox,
    examples: {
      describe: { value: { description: 'Orders and returns' } },
      push: { value: { distribution: 'ROUND_ROBIN' } },
    },
  })
  @Describe({
    summary: 'Change an inbox',
    detail: 'With a push strategy as `distribution`, what waits in it is handed out at once.',
    answer: InboxAnswer,
    problems: ['NOT_FOUND', 'ALREADY_EXISTS'],
    unique: 'phoneNumber',
  })
  update(
    @Caller() admin: OperatorPrincipal,
    @Param('id', idParam) id: string,
    @Body() request: UpdateInbox,
  ): Promise<InboxAnswer> {
    return this.inboxes.update(admin, id, request);
  }
}
