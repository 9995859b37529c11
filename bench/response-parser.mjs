// @ts-check
// Parses the service's responses: a status, headers, a body of Content-Length bytes. It supports no more of HTTP/1.1.

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** Splits the bytes of one connection into responses. */
export class ResponseParser {
  /** @param {(status: number, body: string) => void} onResponse */
  constructor(onResponse) {
    this.onResponse = onResponse;
    /** @type {Buffer} */
    this.rest = Buffer.alloc(0);
  }

  /**
   * @param {Buffer} chunk
   * @throws when it is no response with a Content-Length
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
      this.onResponse(statusOf(head), body);
    }
    this.rest = bytes;
  }
}

/** @param {string} head */
function statusOf(head) {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
  if (status === undefined) throw new Error(`no response of HTTP/1.1: ${head.slice(0, 40)}`);
  return Number(status);
}

/** @param {string} head */
function lengthOf(head) {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error('a response without Content-Length');
  return Number(length);
}
