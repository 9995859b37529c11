// @ts-check
// The clients, in a process of their own. Each caller keeps its connection and sends a request after the response to
// the one before. The clients share the processors with the service, so they use as little time as possible.
// docs/performance.md compares them with undici and autocannon.
import { connect } from 'node:net';
import { ResponseParser } from './response-parser.mjs';

const NOTHING = '{"conversation":null';
const ID = /"conversation":\{"id":"([0-9a-f-]{36})"/;
const PLACE = '0'.repeat(36);

/**
 * @typedef {object} Job
 * @property {number | readonly number[]} port several: the callers take turns
 * @property {Uint8Array[][]} requests the requests of each caller, who picks at random
 * @property {boolean} inOrder each caller sends its requests once and in order instead
 * @property {number} operations the most, over all callers
 * @property {number} milliseconds how long to run
 * @property {boolean} keepBodies
 * @property {Uint8Array[][]} [followUps] for each request, the next one to send when the response has a conversation.
 * Its id replaces the first 36 zeros. The two requests count as one operation
 */
/**
 * @typedef {object} Received
 * @property {number} caller
 * @property {number} request its index in the caller's requests
 * @property {number} status
 * @property {string} body
 * @property {number} at when it arrived, in milliseconds since 1970
 */
/**
 * @typedef {object} Done
 * @property {number} milliseconds from the first request to the last response
 * @property {Float64Array} latencies in milliseconds
 * @property {Received[]} responses without bodies unless they are kept
 * @property {number} cpuMilliseconds
 */

/** The state that the callers of the running job share. */
let shared = { left: 0, until: 0 };

process.on('message', (/** @type {Job | 'finish'} */ job) => {
  if (job === 'finish') shared.until = 0;
  else
    run(job).then(
      (done) => process.send?.({ done }),
      (/** @type {Error} */ error) => process.send?.({ error: error.message }),
    );
});
// Without the parent process, nobody needs the load.
process.on('disconnect', () => process.exit());

/** @param {Job} job @returns {Promise<Done>} */
async function run(job) {
  const ports = [job.port].flat();
  const sockets = await Promise.all(job.requests.map((_, caller) => open(ports[caller % ports.length] ?? 0)));
  const before = process.cpuUsage();
  const started = performance.now();
  shared = { left: job.operations, until: started + job.milliseconds };
  /** @type {Received[]} */
  const responses = [];
  /** @type {number[]} */
  const latencies = [];
  try {
    await Promise.all(sockets.map((socket, caller) => call(socket, caller, job, { responses, latencies })));
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  const { user, system } = process.cpuUsage(before);
  return {
    milliseconds: performance.now() - started,
    latencies: Float64Array.from(latencies),
    responses,
    cpuMilliseconds: (user + system) / 1000,
  };
}

/**
 * @param {import('node:net').Socket} socket
 * @param {number} caller
 * @param {Job} job
 * @param {{ responses: Received[], latencies: number[] }} results
 * @returns {Promise<void>}
 */
function call(socket, caller, { requests, inOrder, keepBodies, followUps }, { responses, latencies }) {
  const own = requests[caller] ?? [];
  const after = followUps?.[caller];
  return new Promise((resolve, reject) => {
    let sentAt = 0;
    let request = -1;
    let follows = false;
    const next = () => {
      sentAt = performance.now();
      request = inOrder ? request + 1 : Math.floor(Math.random() * own.length);
      const bytes = own[request];
      if (bytes === undefined || shared.left <= 0 || sentAt >= shared.until) return resolve();
      shared.left--;
      socket.write(bytes);
    };
    const parser = new ResponseParser((status, body) => {
      const bytes = after?.[request];
      if (bytes !== undefined && !follows && status === 200 && !body.startsWith(NOTHING)) {
        follows = true;
        socket.write(withId(bytes, ID.exec(body)?.[1] ?? ''));
        return;
      }
      follows = false;
      latencies.push(performance.now() - sentAt);
      const kept = keepBodies || status >= 300 ? body : '';
      responses.push({ caller, request, status, body: kept, at: Date.now() });
      next();
    });
    socket.on('data', (chunk) => {
      try {
        parser.push(/** @type {Buffer} */ (chunk));
      } catch (error) {
        reject(error);
      }
    });
    socket.on('close', () => reject(new Error('the service closed a connection')));
    next();
  });
}

/** @param {Uint8Array} template @param {string} id */
function withId(template, id) {
  const bytes = Buffer.from(template);
  bytes.write(id, bytes.indexOf(PLACE), 'latin1');
  return bytes;
}

/** @param {number} port @returns {Promise<import('node:net').Socket>} */
function open(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}
