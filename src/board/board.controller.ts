import { Controller, Get, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal } from '../access/principal.js';
import { Describe } from '../openapi/describe.js';
import { BoardService } from './board.service.js';
import { Board } from './board.js';

@ApiTags('Statistics')
@Controller()
export class BoardController {
  constructor(private readonly service: BoardService) {}

  @Get('board')
  @Header('Content-Type', 'application/json; charset=utf-8')
  @Describe({
    id: 'getBoard',
    summary: 'Get the board',
    detail:
      'Inboxes, operators and what needs attention, in one snapshot, with the cursor from which to follow the feed.',
    response: Board,
  })
  get(@Caller() caller: OperatorPrincipal): Promise<string> {
    return this.service.get(caller);
  }
}
