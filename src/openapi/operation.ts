import type { OpenAPIObject } from '@nestjs/swagger';
import type { ProblemCode } from '../http/problem.js';

export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** How an operation can be refused. A note while the document is made: its error responses come from it in the end. */
export interface Problems {
  codes: ProblemCode[];
  /** With ALREADY_EXISTS: the field whose value may be in use already. */
  unique?: string;
  /** Whether it has no effect although it is not a GET. */
  onlyReads?: true;
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
