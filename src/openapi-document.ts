import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { documentRights } from './access/document-rights.js';
import { completeDocument } from './openapi/complete-document.js';
import { documentIdempotency } from './idempotency/document-idempotency.js';
import { applicationVersion } from './operations/build.js';

const DESCRIPTION = `Decides which operator handles which customer conversation, now.

**Try it:** press *Authorize* and fill in who you are, then open an operation and press *Execute*.

| you are | fill in |
|---|---|
| an operator, manager or administrator behind a gateway (the demo) | \`tenant\` and \`operator\` |
| the orchestrator behind a gateway (the demo) | \`tenant\` and \`service\` |
| a service with an API key | \`apiKey\` |
| an operator with a token | \`jwt\` |
| the platform | \`platform\` |

Fill in *either* \`operator\` *or* \`service\`, never both: two answers to "who is calling" are refused.`;

/** Tags in the order of a conversation's life; what is set up once comes after. */
const TAGS: [name: string, description: string][] = [
  ['Messages', 'For the orchestrator: what customers wrote (never the text).'],
  [
    'Allocation',
    'Take the next conversation or a given one, close it; as a supervisor take it away, give it, move it.',
  ],
  ['Conversations', 'Look, list and find; what happened to one, and why it is where it is.'],
  ['Leads', 'The customers behind conversations, over all inboxes.'],
  ['Availability', 'Come and go.'],
  ['Grace periods', 'What absent operators are about to lose.'],
  ['Operators', 'People and how much they carry.'],
  ['Inboxes', 'Channels, and who takes from them.'],
  ['Labels', 'The words of an inbox for its conversations.'],
  ['Statistics', 'How full the queues are, who was given what, how long it took.'],
  ['Events', 'What changed, for whoever has to know.'],
  ['Webhooks', 'The same, told to a receiver; and whether it arrived.'],
  ['Tenants', 'The company, its settings; for the platform: all of them.'],
  ['API keys', 'What services prove themselves with.'],
  ['Operations', 'For those who run the service.'],
];

/** Of the demo data, so that a route can be tried without looking for an id first. */
const ID_EXAMPLES: [path: RegExp, id: string][] = [
  [/\/operators\/$/, '019c8f00-0000-7000-8000-000000000011'],
  [/\/inboxes\/$/, '019c8f00-0000-7000-8000-000000000101'],
  [/\/labels\/$/, '019c8f00-0000-7000-8000-000000000201'],
  [/\/conversations\/$/, '019c8f00-0000-7000-8000-000000000301'],
  [/\/api-keys\/$/, '019c8f00-0000-7000-8000-000000000501'],
  [/\/webhooks\/$/, '019c8f00-0000-7000-8000-000000000601'],
  [/\/deliveries\/$/, '019c8f00-0000-7000-8000-000000000701'],
  [/\/leads\/$/, '019c8f00-0000-7000-8000-000000000401'],
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
        description: 'Which service calls: `orchestrator`.',
      },
      'service',
    )
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'X-Tenant-Id',
        description: 'The tenant you act in. In the demo `019c8f00-0000-7000-8000-000000000001`.',
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
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  documentRights(document);
  documentIdempotency(document);
  return completeDocument(document, ID_EXAMPLES);
}
