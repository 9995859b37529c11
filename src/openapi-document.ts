import { ACTIONS, SUBJECT_TYPES } from './audit/audited.js';
import { AUTHOR_TYPES } from './audit/author.js';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { documentRights } from './access/document-rights.js';
import { KEY_SCOPES } from './access/key-scopes.js';
import { ROLES } from './access/principal.js';
import { INELIGIBILITY_REASONS } from './allocation/explain.js';
import { SORTS } from './conversations/list-query.js';
import { WARNINGS } from './customers/warning.js';
import { PROBLEMS } from './http/problem.js';
import { documentIdempotency } from './idempotency/document-idempotency.js';
import { IngestedMessage, RefusedMessage } from './ingest/message.js';
import { CreatedInbox } from './inboxes/inbox-batch.js';
import { AFFINITIES, DISTRIBUTIONS, ON_REPLY_OVERDUE } from './inboxes/inbox.js';
import { DEADLINE_KINDS } from './deadlines/deadline.js';
import { ACTOR_TYPES, ConversationEvent, EVENT_TYPES, InboxEvent, OperatorEvent } from './ledger/event.js';
import { OUTCOMES } from './ledger/outcome.js';
import { STATES } from './ledger/state-machine.js';
import { RefusedResource } from './openapi/batch-item.js';
import { BULK_ACTIONS } from './bulk/bulk-actions.js';
import { BULK_INCLUDES } from './bulk/bulk-requests.js';
import { ITEM_OUTCOMES } from './bulk/bulk-responses.js';
import { BULK_STATUSES } from './bulk/bulk-statements.js';
import { completeDocument } from './openapi/complete-document.js';
import type { Union } from './openapi/named-schemas.js';
import { PROBLEM_KINDS } from './openapi/problem-schemas.js';
import { applicationVersion } from './operations/build.js';
import { LEAD_INCLUDES } from './leads/list-query.js';
import { StoredOperator } from './operators/operator-batch.js';
import { AVAILABILITIES } from './operators/operator.js';
import { COUNT_BASES, DELAY_BASES, NORMALIZATIONS } from './tenants/tenant.js';
import { DELIVERY_STATUSES } from './webhooks/webhook-delivery.js';

const DESCRIPTION = `Decides which operator handles which customer conversation, now.

**Try it:** press *Authorize* and fill in who you are, then open an operation and press *Execute*.

| you are | fill in |
|---|---|
| an operator, manager or administrator behind a gateway (the demo) | \`tenant\` and \`operator\` |
| the orchestrator behind a gateway (the demo) | \`tenant\` and \`service\` |
| a service with an API key | \`apiKey\` |
| an operator with a token | \`jwt\` |
| the platform | \`platform\` |

Fill in *either* \`operator\` *or* \`service\`, never both: a request that names two callers is rejected.

**Errors** are a \`Problem\` (RFC 9457, \`application/problem+json\`). Branch on its \`code\`: codes never change, titles and
details can. Each operation lists the codes of every status; [ReDoc](/redoc)
shows an example of each.`;

/** Tags in the order of a conversation's life, followed by configuration. */
const TAGS: [name: string, description: string][] = [
  ['Messages', 'The orchestrator reports customer messages, without their text.'],
  [
    'Allocation',
    'Allocate, claim and resolve conversations; deallocate, reassign and move them as a supervisor.',
  ],
  ['Conversations', 'List, search and explain conversations, and read their history.'],
  ['Leads', 'The customers behind conversations, over all inboxes.'],
  ['Availability', 'Whether operators are AVAILABLE or OFFLINE.'],
  ['Grace periods', 'Conversations that OFFLINE operators will lose.'],
  ['Deadlines', 'Moments by which a holder must have accepted or replied, or by which a wait ends.'],
  ['Operators', 'People who handle conversations, and their capacity.'],
  ['Inboxes', 'Channels, and the operators subscribed to them.'],
  ['Labels', 'Labels of inboxes, and of conversations.'],
  ['Statistics', 'Queues, distribution, and the work of operators.'],
  ['Events', 'The change feed of the tenant, as pages and as a stream.'],
  ['Webhooks', 'The change feed, sent to a receiver; and its deliveries.'],
  ['Tenants', 'The customer company and its settings; for the platform, all tenants.'],
  ['API keys', 'Keys with which services authenticate.'],
  ['Audit', 'Who changed the configuration, and how.'],
  ['Operations', 'Health, version and metrics, for those who run the service.'],
];

/** Enumerations with a schema of their own. Every field with the same values refers to it. */
const ENUMS = {
  AuditAction: Object.keys(ACTIONS),
  AuditActorType: AUTHOR_TYPES,
  AuditSubjectType: SUBJECT_TYPES,
  ApiKeyScope: KEY_SCOPES,
  ActorType: ACTOR_TYPES,
  Affinity: AFFINITIES,
  Availability: AVAILABILITIES,
  BulkActionType: BULK_ACTIONS,
  BulkInclude: BULK_INCLUDES,
  BulkItemOutcome: ITEM_OUTCOMES,
  BulkStatus: BULK_STATUSES,
  ConversationSort: SORTS,
  State: STATES,
  CountBasis: COUNT_BASES,
  LeadInclude: LEAD_INCLUDES,
  DeadlineKind: DEADLINE_KINDS,
  DelayBasis: DELAY_BASES,
  DeliveryStatus: DELIVERY_STATUSES,
  Distribution: DISTRIBUTIONS,
  EventType: EVENT_TYPES,
  Flag: ['true', 'false'],
  IneligibilityReason: INELIGIBILITY_REASONS,
  Normalization: NORMALIZATIONS,
  OnReplyOverdue: ON_REPLY_OVERDUE,
  Outcome: OUTCOMES,
  ProblemCode: Object.keys(PROBLEMS),
  Role: ROLES,
  WarningCode: Object.keys(WARNINGS),
};

const UNIONS: Union[] = [
  { name: 'ProblemResponse', by: 'code', of: PROBLEM_KINDS },
  { name: 'EventResponse', by: 'type', of: [ConversationEvent, OperatorEvent, InboxEvent] },
  { name: 'BatchItemResult', by: 'status', of: [IngestedMessage, RefusedMessage] },
  { name: 'OperatorItemResult', by: 'status', of: [StoredOperator, RefusedResource] },
  { name: 'InboxItemResult', by: 'status', of: [CreatedInbox, RefusedResource] },
];

/** Ids of the demo data, so that people can try a route without searching for an id. */
const ID_EXAMPLES: [path: RegExp, id: string][] = [
  [/\/operators\/$/, '019c8f00-0000-7000-8000-000000000011'],
  [/\/inboxes\/$/, '019c8f00-0000-7000-8000-000000000101'],
  [/\/labels\/$/, '019c8f00-0000-7000-8000-000000000201'],
  [/\/conversations\/$/, '019c8f00-0000-7000-8000-000000000301'],
  [/\/api-keys\/$/, '019c8f00-0000-7000-8000-000000000501'],
  [/\/webhooks\/$/, '019c8f00-0000-7000-8000-000000000601'],
  [/\/deliveries\/$/, '019c8f00-0000-7000-8000-000000000701'],
  [/\/tenants\/$/, '019c8f00-0000-7000-8000-000000000001'],
  [/\/leads\/$/, '019c8f00-0000-7000-8000-000000000401'],
  [/\/bulk\/$/, '019c8f00-0000-7000-8000-000000000801'],
];

export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Inbox Allocation Service')
    .setDescription(DESCRIPTION)
    .setVersion(applicationVersion())
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'This service')
    // Swagger UI opens the dialog at its end: what the demo needs comes last.
    .addBearerAuth({ type: 'http', description: 'The `PLATFORM_API_KEY`.' }, 'platform')
    .addBearerAuth({ type: 'http', description: 'An API key, `iak_…`.' }, 'apiKey')
    .addBearerAuth({ type: 'http', description: 'Claims `tenant_id` and `sub` = operator id.' }, 'jwt')
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'X-Service',
        description: 'The name of the calling service: `orchestrator`.',
      },
      'service',
    )
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'X-Tenant-Id',
        description: 'The tenant of the caller. In the demo `019c8f00-0000-7000-8000-000000000001`.',
      },
      'tenant',
    )
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'X-Operator-Id',
        description:
          'Who you are. In the demo `019c8f00-0000-7000-8000-000000000011`; for a MANAGER `…13` at the end, for an ADMIN `…14`.',
      },
      'operator',
    );
  for (const [name, description] of TAGS) builder.addTag(name, description);
  const document = SwaggerModule.createDocument(app, builder.build(), {
    autoTagControllers: false,
    extraModels: UNIONS.flatMap(({ of }) => of),
  });
  documentRights(document);
  documentIdempotency(document);
  return completeDocument(document, { enums: ENUMS, unions: UNIONS, idExamples: ID_EXAMPLES });
}
