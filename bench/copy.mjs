// @ts-check
// COPY over a connection of pg, which has the messages for it but no words.

/** What pg lets run in its queue of queries. */
class Copy {
  /** @param {string} text @param {Buffer | null} input */
  constructor(text, input) {
    this.text = text;
    this.input = input;
    /** @type {Buffer[]} */
    this.chunks = [];
    /** @type {Error | null} */
    this.failed = null;
    /** @type {Promise<Buffer>} */
    this.finished = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** @param {any} connection */
  submit(connection) {
    connection.query(this.text);
  }

  /** @param {any} connection */
  handleCopyInResponse(connection) {
    connection.sendCopyFromChunk(this.input);
    connection.endCopyFrom();
  }

  /** @param {{ chunk: Buffer }} message */
  handleCopyData({ chunk }) {
    // The next message is read into the same memory.
    this.chunks.push(Buffer.from(chunk));
  }

  handleCommandComplete() {}

  /** @param {Error} error */
  handleError(error) {
    this.failed = error;
    this.reject?.(error);
  }

  handleReadyForQuery() {
    if (this.failed === null) this.resolve?.(Buffer.concat(this.chunks));
  }
}

/** @param {import('pg').Client} client @param {string} what a table, or a query in brackets */
export function copyOut(client, what) {
  return client.query(new Copy(`copy ${what} to stdout`, null)).finished;
}

/** @param {import('pg').Client} client @param {string} table @param {Buffer} rows */
export async function copyIn(client, table, rows) {
  await client.query(new Copy(`copy ${table} from stdin`, rows)).finished;
}
