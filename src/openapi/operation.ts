import type { OpenAPIObject } from '@nestjs/swagger';
import type { ProblemCode } from '../http/problem.js';

export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** What can go wrong with an operation. A note while the document is made: answers are made of it in the end. */
export interface Problems {
  codes: ProblemCode[];
  /** With ALREADY_EXISTS: the field whose value may be taken. */
  unique?: string;
}

export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & {
  'x-allowed'?: string[];
  'x-problems': Problems;
};

export function operationsOf(document: OpenAPIObject) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method] as Operation | undefined;
      return operation === undefined ? [] : [{ path, method, operation }];
    }),
  );
}
