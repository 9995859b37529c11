import { wholeNumber } from '../kinds.js';
import type { VariableTree } from '../variable.js';

/** What one caller can ask of the service; docs/limits.md says how the defaults were chosen. */
export const LIMITS = {
  limits: {
    bodyBytes: {
      name: 'BODY_LIMIT_BYTES',
      kind: wholeNumber(4_096, 16_777_216),
      default: '16384',
      about: 'The largest body of a request',
    },
    listBodyBytes: {
      name: 'LIST_BODY_LIMIT_BYTES',
      kind: wholeNumber(4_096, 16_777_216),
      default: '2097152',
      about: 'The largest body of a batch, and of the list of operators of an inbox',
    },
    pipelined: {
      name: 'PIPELINING_LIMIT',
      kind: wholeNumber(1, 1_000),
      default: '16',
      about:
        'The most requests of one connection without a response; a connection with more is closed. HTTP/1.1 clients normally send one after the other',
    },
  },
} as const satisfies VariableTree;
