import type { IncomingMessage } from 'node:http';
import { countLimit } from './limit-metrics.js';
import { Problem, ValidationFailed } from './problem.js';

/** 2 MB in packets of 128 bytes. Each piece costs as much as a kilobyte, however short it is. */
const MAX_PIECES = 16_384;

/**
 * Reads the body of a request.
 * @throws PAYLOAD_TOO_LARGE above `most` bytes, VALIDATION_FAILED when it comes in too many pieces or is not complete
 */
export function readBody(payload: IncomingMessage, most: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const stop = (problem: Problem) => {
      payload.off('data', take);
      reject(problem);
    };
    const take = (piece: Buffer) => {
      length += piece.length;
      pieces.push(piece);
      if (length > most) stop(tooLarge(most));
      else if (pieces.length > MAX_PIECES) stop(inTooManyPieces());
    };
    const isIncomplete = () => stop(refused('is not complete'));
    // The client may have left while somebody looked who it is.
    if (payload.destroyed) isIncomplete();
    payload
      .on('data', take)
      .on('end', () => resolve(Buffer.concat(pieces, length)))
      .on('error', isIncomplete);
  });
}

export function tooLarge(most: number): Problem {
  const kilobytes = (most / 1024).toLocaleString('en', { maximumFractionDigits: 1 });
  return new Problem('PAYLOAD_TOO_LARGE', `The body of this request can have at most ${kilobytes} KB.`);
}

function inTooManyPieces(): Problem {
  countLimit('body shape');
  return refused(`came in more than ${MAX_PIECES.toLocaleString('en')} pieces`);
}

function refused(why: string): Problem {
  return new ValidationFailed([{ field: 'body', message: `the body ${why}` }]);
}
