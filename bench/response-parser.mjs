// @ts-check
// As much of HTTP/1.1 as the answers of the service need: a status, headers, a body of Content-Length bytes.

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** Takes the bytes of one connection as they come and gives its answers one by one. */
export class ResponseParser {
  /** @param {(status: number, body: string) => void} answered */
  constructor(answered) {
    this.answered = answered;
    /** @type {Buffer} */
    this.rest = Buffer.alloc(0);
  }

  /**
   * @param {Buffer} chunk
   * @throws when the answer has no Content-Length, or is none
   */
  push(chunk) {
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (;;) {
      const headEnd = bytes.indexOf(END_OF_HEAD);
      if (headEnd < 0) break;
      const head = bytes.toString('latin1', 0, headEnd);
      const bodyStart = headEnd + END_OF_HEAD.length;
      const bodyEnd = bodyStart + lengthOf(head);
      if (bytes.length < bodyEnd) break;
      const body = bytes.toString('utf8', bodyStart, bodyEnd);
      bytes = bytes.subarray(bodyEnd);
      this.answered(statusOf(head), body);
    }
    this.rest = bytes;
  }
}

/** @param {string} head */
function statusOf(head) {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
  if (status === undefined) throw new Error(`no answer of HTTP/1.1: ${head.slice(0, 40)}`);
  return Number(status);
}

/** @param {string} head */
function lengthOf(head) {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error('an answer without Content-Length');
  return Number(length);
}
