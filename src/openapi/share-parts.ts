import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf } from './operation.js';

type Parts = Map<string, unknown>;

/** Writes parameters and response headers that several operations have once, and refers to them. */
export function shareParts(document: OpenAPIObject): void {
  const operations = operationsOf(document).map(({ operation }) => operation);
  const responses = operations.flatMap(({ responses: all }) => Object.values(all));
  const parameters = repeated(
    operations
      .flatMap((operation) => operation.parameters ?? [])
      .flatMap((parameter) =>
        'in' in parameter && parameter.in !== 'path' ? [[parameter.name, parameter]] : [],
      ),
  );
  const headers = repeated(
    responses.flatMap((response) =>
      response !== undefined && 'headers' in response ? Object.entries(response.headers ?? {}) : [],
    ),
  );
  for (const operation of operations) {
    operation.parameters = operation.parameters?.map((parameter) =>
      'in' in parameter ? shared(parameters, 'parameters', parameter.name, parameter) : parameter,
    );
  }
  for (const response of responses) {
    if (response === undefined || !('headers' in response)) continue;
    const all = Object.entries(response.headers ?? {});
    response.headers = Object.fromEntries(
      all.map(([name, header]) => [name, shared(headers, 'headers', name, header)]),
    );
  }
  document.components = {
    ...document.components,
    parameters: Object.fromEntries(parameters),
    headers: Object.fromEntries(headers),
  } as OpenAPIObject['components'];
}

/** By name, the first of those that are there more than once; another one of that name stays where it is. */
function repeated(parts: readonly unknown[][]): Parts {
  const found: Parts = new Map();
  for (const [name, part] of parts as [string, unknown][]) {
    const isSame = ([otherName, other]: unknown[]) => otherName === name && isEqual(other, part);
    if (!found.has(name) && parts.filter(isSame).length > 1) found.set(name, part);
  }
  return found;
}

function shared<T>(parts: Parts, kind: string, name: string, part: T): T | { $ref: string } {
  return isEqual(parts.get(name), part) ? { $ref: `#/components/${kind}/${name}` } : part;
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
