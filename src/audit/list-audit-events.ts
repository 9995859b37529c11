import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { sql, type Statement } from '../database/statement.js';
import { IdField, TextField, TimeField } from '../http/fields.js';
import { PageQuery } from '../http/page-query.js';
import { ACTIONS, type Action } from './audited.js';

const KINDS = Object.keys(ACTIONS);

export class ListAuditEvents extends PageQuery {
  @TextField({
    description: 'Only changes by this operator (its id) or service (its name).',
    example: '019c8f00-0000-7000-8000-000000000014',
    optional: true,
  })
  actor?: string;

  @IdField({ description: 'Only changes of the thing with this id.', optional: true })
  subject?: string;

  @ApiPropertyOptional({ enum: KINDS, description: 'Only changes of this kind.' })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(KINDS)
  action?: Action;

  @TimeField({ description: 'Only changes at this time or later.', optional: true })
  from?: string;

  @TimeField({ description: 'Only changes before this time.', optional: true })
  to?: string;
}

/** The filters that an index begins with. */
const FILTERS = [
  ['actor', 'actor_id'],
  ['subject', 'subject_id'],
  ['action', 'action'],
] as const;

interface Selected {
  readonly statement: Statement;
  /** Of the filters. */
  readonly values: readonly unknown[];
}

/**
 * To be counted: the first filter is of the index, each row says whether it fulfils the others.
 * $1 tenant, $2 from, $3 before, then the filters
 */
export function countedAuditEvents(query: ListAuditEvents): Selected & { isFiltered: boolean } {
  const filters = FILTERS.filter(([field]) => query[field] !== undefined);
  const [indexed, ...others] = filters.map(([, column], i) => `${column} = $${4 + i}`);
  const statement = sql`
    select ${['true', ...others].join(' and ')} as is_found from audit_events
    where tenant_id = $1 and occurred_at >= $2::timestamptz and occurred_at < $3::timestamptz and ${indexed ?? 'true'}
    order by occurred_at desc, id desc`;
  return { statement, values: filters.map(([field]) => query[field]), isFiltered: others.length > 0 };
}

/**
 * Newest first. Each combination of filters is a statement of its own, so that it is planned for its index.
 * $1 tenant, $2 from, $3 before, $4 and $5 the last row of the previous page, $6 limit, then the filters
 */
export function listAuditEvents(query: ListAuditEvents): Selected {
  const filters = FILTERS.filter(([field]) => query[field] !== undefined);
  const conditions = filters.map(([, column], i) => `and ${column} = $${7 + i}`);
  const statement = sql`
    select id, occurred_at, occurred_at::text as position, actor_type, actor_id, action, subject_type, subject_id,
      subject_name, request_id, before, after
    from audit_events
    where tenant_id = $1 and occurred_at >= $2::timestamptz and occurred_at < $3::timestamptz
      and (occurred_at, id) < ($4::timestamptz, $5::uuid) ${conditions.join(' ')}
    order by occurred_at desc, id desc
    limit $6`;
  return { statement, values: filters.map(([field]) => query[field]) };
}
