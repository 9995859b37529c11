import { ApiProperty } from '@nestjs/swagger';
import { ACTIONS, SUBJECT_TYPES, type Action, type SubjectType } from './audited.js';
import { AUTHOR_TYPES, type Author } from './author.js';

export interface AuditRow {
  id: string;
  occurred_at: Date;
  position: string;
  actor_type: Author['type'];
  actor_id: string | null;
  action: Action;
  subject_type: SubjectType;
  subject_id: string;
  subject_name: string | null;
  request_id: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

export class AuditActor {
  @ApiProperty({ enum: AUTHOR_TYPES, example: 'OPERATOR' })
  type: Author['type'];
  @ApiProperty({
    type: String,
    nullable: true,
    example: '019c8f00-0000-7000-8000-000000000014',
    description: 'The operator, or the name of the service; null: the platform, or the system itself.',
  })
  id: string | null;
}

export class AuditSubject {
  @ApiProperty({ enum: SUBJECT_TYPES, example: 'INBOX' })
  type: SubjectType;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000101' })
  id: string;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'Support',
    description: 'Its name at that time; null: it has none, or it was erased.',
  })
  name: string | null;
}

const FIELDS = { type: 'object', additionalProperties: true, nullable: true } as const;

export class AuditEventResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000601' })
  id: string;
  @ApiProperty({ format: 'date-time', example: '2026-03-02T07:20:00.120Z' })
  occurredAt: string;
  @ApiProperty({ type: AuditActor })
  actor: AuditActor;
  @ApiProperty({ enum: Object.keys(ACTIONS), example: 'inbox.updated' })
  action: Action;
  @ApiProperty({ type: AuditSubject })
  subject: AuditSubject;
  @ApiProperty({
    type: String,
    nullable: true,
    example: '019c8f00-0000-7000-8000-000000000701',
    description: 'The `X-Request-Id` of the request; null: no request changed it.',
  })
  requestId: string | null;
  @ApiProperty({
    ...FIELDS,
    example: { distribution: 'PULL' },
    description: 'The changed fields before; null: it is new. Contact data and secrets read `[hidden]`.',
  })
  before: Record<string, unknown> | null;
  @ApiProperty({
    ...FIELDS,
    example: { distribution: 'ROUND_ROBIN' },
    description: 'The changed fields after; null: it is gone.',
  })
  after: Record<string, unknown> | null;
}

export function auditEventResponse(row: AuditRow): AuditEventResponse {
  return {
    id: row.id,
    occurredAt: row.occurred_at.toISOString(),
    actor: { type: row.actor_type, id: row.actor_id },
    action: row.action,
    subject: { type: row.subject_type, id: row.subject_id, name: row.subject_name },
    requestId: row.request_id,
    before: row.before,
    after: row.after,
  };
}
