import { ApiProperty } from '@nestjs/swagger';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { ShownOnce } from '../openapi/shown-once.js';
import { KEY_SCOPES, type KeyScope } from '../access/key-scopes.js';
import { publicPrefix } from '../access/api-key.js';

@Entity('api_keys')
export class ApiKey {
  @PrimaryColumn('uuid')
  tenantId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  name: string;
  @Column('bytea', { select: false })
  secretHash: Buffer;
  @Column('text', { nullable: true })
  signingSecret: string | null;
  @Column('timestamptz', { nullable: true })
  expiresAt: Date | null;
  @Column('timestamptz', { nullable: true })
  lastUsedAt: Date | null;
  @Column('text', { array: true })
  scopes: KeyScope[];
  @Column('timestamptz', { nullable: true })
  revokedAt: Date | null;
  @Column('uuid', { nullable: true })
  revokedBy: string | null;
  @Column('uuid')
  createdBy: string;
  @CreateDateColumn({ type: 'timestamptz' })
  createdAt: Date;
}

/** A key without its secrets. */
export class ApiKeyResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000501' })
  id: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000001' })
  tenantId: string;
  @ApiProperty({ example: 'orchestrator' })
  name: string;
  @ApiProperty({
    example: 'iak_AZyPAAAAcACAAAAAAAAAAQGcjwAAAHAAgAAAAAAABQE',
    description: 'The beginning of the key: enough to recognize it, not to use it.',
  })
  prefix: string;
  @ApiProperty({
    enum: KEY_SCOPES,
    isArray: true,
    example: ['read', 'ingest', 'resolve', 'admin:leads'],
    description: 'What the service may do with it.',
  })
  scopes: KeyScope[];
  @ApiProperty({ example: false, description: 'Whether requests must be signed.' })
  requestSigning: boolean;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  expiresAt: string | null;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
    description: 'When a request last used it, to the minute; null: never.',
  })
  lastUsedAt: string | null;
  @ApiProperty({
    format: 'uuid',
    example: '019c8f00-0000-7000-8000-000000000014',
    description: 'The ADMIN who created it.',
  })
  createdBy: string;
  @ApiProperty({ format: 'date-time' })
  createdAt: string;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
    description: 'From then on it was refused; null: it is not revoked.',
  })
  revokedAt: string | null;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: null,
    description: 'The ADMIN who revoked it.',
  })
  revokedBy: string | null;
}

/** The only response that shows the secrets. */
export class NewApiKey extends ApiKeyResponse {
  @ShownOnce({
    example: 'iak_AZyPAAAAcACAAAAAAAAAAQGcjwAAAHAAgAAAAAAABQE_…',
    description: 'For `Authorization: Bearer`.',
  })
  key: string;
  @ShownOnce({ example: null, description: 'With `requestSigning`: the secret that signs requests.' })
  signingSecret: string | null;
}

export function apiKeyResponse(key: ApiKey): ApiKeyResponse {
  return {
    id: key.id,
    tenantId: key.tenantId,
    name: key.name,
    prefix: publicPrefix(key.tenantId, key.id),
    scopes: key.scopes,
    requestSigning: key.signingSecret !== null,
    expiresAt: key.expiresAt?.toISOString() ?? null,
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    createdBy: key.createdBy,
    createdAt: key.createdAt.toISOString(),
    revokedAt: key.revokedAt?.toISOString() ?? null,
    revokedBy: key.revokedBy,
  };
}
