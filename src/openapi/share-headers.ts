import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf } from './operation.js';

type Parts = Record<string, unknown>;

/**
 * Writes each header of requests and responses once, and refers to it from the operations that have it.
 * @throws where two of one name differ
 */
export function shareHeaders(document: OpenAPIObject): void {
  const parameters: Parts = {};
  const headers: Parts = {};
  for (const { operation } of operationsOf(document)) {
    operation.parameters = operation.parameters?.map((parameter) =>
      'in' in parameter && parameter.in === 'header'
        ? shared(parameters, 'parameters', parameter.name, parameter)
        : parameter,
    );
    for (const response of Object.values(operation.responses)) {
      if (response === undefined || !('headers' in response)) continue;
      response.headers = Object.fromEntries(
        Object.entries(response.headers ?? {}).map(([name, header]) => [
          name,
          shared(headers, 'headers', name, header),
        ]),
      );
    }
  }
  document.components = { ...document.components, parameters, headers } as OpenAPIObject['components'];
}

function shared(parts: Parts, kind: string, name: string, part: unknown): { $ref: string } {
  const known = (parts[name] ??= part);
  if (JSON.stringify(known) !== JSON.stringify(part)) throw new Error(`there are two headers called ${name}`);
  return { $ref: `#/components/${kind}/${name}` };
}
