import { anyText, oneOf, origins, proxies, wholeNumber, yesOrNo } from '../kinds.js';
import type { VariableTree } from '../variable.js';

export const SERVICE = {
  nodeEnv: {
    name: 'NODE_ENV',
    kind: oneOf('development', 'production', 'test'),
    default: 'development',
    about: '`production` rejects settings for development and writes logs as JSON',
  },
  host: {
    name: 'HOST',
    kind: anyText('a name or an address of this machine'),
    defaultInWords: '127.0.0.1; in production 0.0.0.0',
    about: 'Address to listen on',
  },
  port: {
    name: 'PORT',
    kind: wholeNumber(0, 65_535),
    default: '3000',
    about: 'Port to listen on; 0 takes any free one',
  },
  corsOrigins: {
    name: 'CORS_ORIGINS',
    kind: origins(),
    default: '',
    about: 'Origins whose pages can call the API from a browser',
  },
  trustProxy: {
    name: 'TRUST_PROXY',
    kind: proxies(),
    about:
      'Which proxies may say with `X-Forwarded-For` where a request comes from: how many there are, if the service can be reached only through them, or their addresses. Without it, the address in the log is that of the connection',
  },
  serveDocuments: {
    name: 'SERVE_DOCUMENTS',
    kind: yesOrNo(),
    default: 'yes',
    about: 'Whether to serve the start page, Swagger UI, ReDoc and the OpenAPI document',
  },
  webUi: {
    name: 'WEB_UI',
    kind: yesOrNo(),
    default: 'yes',
    about: 'Whether to serve the pages for browsers, the board and the desk',
  },
  shutdownDelaySeconds: {
    name: 'SHUTDOWN_DELAY_SECONDS',
    kind: wholeNumber(0, 3600),
    default: '0',
    about:
      'After SIGTERM, how long requests are still served while `/ready` returns 503, for load balancers that poll it',
  },
  shutdownTimeoutSeconds: {
    name: 'SHUTDOWN_TIMEOUT_SECONDS',
    kind: wholeNumber(1, 3600),
    default: '30',
    about: 'After SIGTERM, the time limit for all running work, including the delay',
  },
} as const satisfies VariableTree;
