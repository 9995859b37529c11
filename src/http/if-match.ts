import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ValidationFailed } from './problem.js';

const VERSION = /^"([1-9][0-9]{0,8})"$/;

export const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'The version the conversation must have, for example `"2"`; `*` means any.',
  schema: { type: 'string' as const, pattern: `^\\*$|${VERSION.source}` },
};

/** The version that the caller expects, from `If-Match: "<version>"`; null for any. */
export const ExpectedVersion = createParamDecorator(
  (_: unknown, context: ExecutionContext): number | null => {
    const header = context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'];
    if (header === undefined || header === '*') return null;
    const version = VERSION.exec(header)?.[1];
    if (version === undefined) {
      throw new ValidationFailed([
        { field: 'If-Match', message: 'If-Match must be a version in quotes, for example "2"' },
      ]);
    }
    return Number(version);
  },
);
