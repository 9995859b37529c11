import { Controller, Get, Headers, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import { preferredType } from '../http/preferred-type.js';
import { Problem } from '../http/problem.js';
import { streamRows } from '../http/stream-rows.js';
import { Describe } from '../openapi/describe.js';
import { ConversationExportsService } from './conversation-exports.service.js';
import { COLUMNS, EXPORT_EXAMPLES, EXPORT_FORMATS } from './exported-conversation.js';
import { ConversationFilterQuery } from './conversation-filters.js';

const TYPES = EXPORT_FORMATS.map(({ type }) => type);

@ApiTags('Conversations')
@Controller('conversations/export')
export class ConversationExportsController {
  constructor(private readonly exports: ConversationExportsService) {}

  @Get()
  @Describe({
    id: 'exportConversations',
    summary: 'Export conversations',
    detail:
      'A line for each conversation that matches all filters, as many as there are, in the order of their ids. ' +
      '`Accept` chooses between CSV (RFC 4180 in UTF-8, with a header) and one JSON object a line. In CSV a text that a ' +
      'spreadsheet would run as a formula begins with an apostrophe; the names of labels have `; ` in between.\n\n' +
      `The columns are ${COLUMNS.map((name) => `\`${name}\``).join(', ')}. \`givenAt\` is when it was first given to an operator ` +
      'since the customer began to wait. `waitedSeconds` is the time until then; of one that was not given, the time ' +
      'until it was resolved, or until it was read.\n\n' +
      'Each conversation that existed at the beginning is there once, as it was when it was read. The whole is not ' +
      'of one moment: it is read in batches while you read the lines. A connection that is cut before the last chunk ' +
      'means that lines are missing.',
    content: EXPORT_EXAMPLES,
    problems: ['NOT_ACCEPTABLE'],
  })
  async export(
    @Caller() caller: TenantPrincipal,
    @Query() query: ConversationFilterQuery,
    @Headers('accept') accept: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const type = preferredType(accept, TYPES);
    const format = EXPORT_FORMATS.find((one) => one.type === type);
    if (format === undefined) {
      throw new Problem(
        'NOT_ACCEPTABLE',
        `An export can be ${TYPES.join(' or ')}. Name one of them in Accept.`,
      );
    }
    const headers = {
      'Content-Type': format.contentType,
      'Content-Disposition': `attachment; filename="conversations.${format.fileExtension}"`,
      Vary: 'Accept',
      // nginx would buffer all of it.
      'X-Accel-Buffering': 'no',
    };
    await streamRows(request, reply, headers, this.exports.lines(caller, query, format));
  }
}
