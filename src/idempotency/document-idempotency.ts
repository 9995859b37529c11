import type { OpenAPIObject } from '@nestjs/swagger';
import { KEY, MAX_KEY_LENGTH } from './idempotency-key.js';
import { operationsOf } from '../openapi/operation.js';

const REPLAYED = {
  'Idempotency-Replayed': {
    description: '`true`: this is the stored response to the first request with the key.',
    schema: { type: 'string' as const },
  },
};

/** Documents on every operation with an effect how to repeat it safely. */
export function documentIdempotency(document: OpenAPIObject): void {
  for (const { method, operation } of operationsOf(document)) {
    if (method === 'get' || operation['x-problems'].onlyReads === true) continue;
    operation.parameters = [
      ...(operation.parameters ?? []),
      {
        name: 'Idempotency-Key',
        in: 'header',
        required: false,
        description:
          'A new value for each request, such as a UUID. The same request with the same key gets the same response ' +
          'within a day, and has no second effect. Of a response of more than 64 KB only the status is stored: the ' +
          'repetition then gets `{code: "RESPONSE_NOT_STORED", detail, see}`, where `see` is the path to look at.',
        schema: { type: 'string', maxLength: MAX_KEY_LENGTH, pattern: KEY.source },
      },
    ];
    operation['x-problems'].codes.push('IDEMPOTENCY_KEY_IN_USE', 'IDEMPOTENCY_KEY_REUSED');
    for (const [status, response] of Object.entries(operation.responses)) {
      if (!status.startsWith('2') || response === undefined || '$ref' in response) continue;
      response.headers = { ...response.headers, ...REPLAYED };
    }
  }
}
