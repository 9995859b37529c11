import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf, PageQuery } from '../http/page-query.js';
import { idParam } from '../http/validation.pipe.js';
import { CreateLabel, UpdateLabel } from './label-requests.js';
import { LabelResponse } from './label.js';
import { LabelsService } from './labels.service.js';

@ApiTags('Labels')
@Controller()
export class LabelsController {
  constructor(private readonly labels: LabelsService) {}

  @Get('inboxes/:id/labels')
  @Describe({
    id: 'listLabels',
    summary: 'List the labels of an inbox',
    detail: 'By name.',
    response: PageOf(LabelResponse),
    problems: ['NOT_FOUND', 'INVALID_CURSOR'],
  })
  list(
    @Caller() caller: TenantPrincipal,
    @Param('id', idParam) id: string,
    @Query() query: PageQuery,
  ): Promise<Page<LabelResponse>> {
    return this.labels.list(caller, id, query);
  }

  @Post('inboxes/:id/labels')
  @ApiBody({
    type: CreateLabel,
    examples: {
      newLabel: { value: { name: 'Complaint', color: '#dc2626' } },
      attachToExisting: { value: { name: 'Before spring', attachToExisting: true } },
    },
  })
  @Describe({
    id: 'createLabel',
    summary: 'Create a label',
    detail:
      'With `attachToExisting`, every conversation that is in the inbox now gets the label; later ones do ' +
      'not.',
    status: 201,
    response: LabelResponse,
    problems: ['NOT_FOUND', 'ALREADY_EXISTS', 'QUOTA_EXCEEDED'],
    unique: 'name',
  })
  create(
    @Caller() admin: OperatorPrincipal,
    @Param('id', idParam) id: string,
    @Body() request: CreateLabel,
  ): Promise<LabelResponse> {
    return this.labels.create(admin, id, request);
  }

  @Patch('labels/:id')
  @ApiBody({ type: UpdateLabel, examples: { recolour: { value: { color: '#f59e0b' } } } })
  @Describe({
    id: 'updateLabel',
    summary: 'Update a label',
    detail: 'Changes only the fields given.',
    response: LabelResponse,
    problems: ['NOT_FOUND', 'ALREADY_EXISTS'],
    unique: 'name',
  })
  update(
    @Caller() admin: OperatorPrincipal,
    @Param('id', idParam) id: string,
    @Body() request: UpdateLabel,
  ): Promise<LabelResponse> {
    return this.labels.update(admin, id, request);
  }

  @Delete('labels/:id')
  @Describe({
    id: 'deleteLabel',
    summary: 'Delete a label',
    detail: 'Also detaches it from every conversation.',
    status: 204,
    problems: ['NOT_FOUND'],
  })
  delete(@Caller() admin: OperatorPrincipal, @Param('id', idParam) id: string): Promise<void> {
    return this.labels.delete(admin, id);
  }
}
