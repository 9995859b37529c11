import { anyText, httpUrl, oneOf, secret, someOf, wholeNumber, yesOrNo } from '../kinds.js';
import type { VariableTree } from '../variable.js';

export const ACCESS = {
  auth: {
    mode: {
      name: 'AUTH_MODE',
      kind: oneOf('jwt', 'trusted-headers'),
      default: 'jwt',
      example: 'trusted-headers',
      about:
        '`jwt`: callers prove themselves with a token. `trusted-headers`: a gateway in front says who is calling in `X-Tenant-Id` with `X-Operator-Id` or `X-Service`, or, in development, the caller does',
    },
    trustGatewayHeaders: {
      name: 'TRUST_GATEWAY_HEADERS',
      kind: yesOrNo(),
      default: 'no',
      about: '`yes` allows `AUTH_MODE=trusted-headers` in production',
    },
    jwtSecret: {
      name: 'JWT_SECRET',
      // RFC 7518, 3.2: a key for HS256 has at least 256 bits.
      kind: secret(32),
      about: 'Shared with whoever signs the tokens, by HS256',
    },
    jwksUrl: {
      name: 'JWKS_URL',
      kind: httpUrl('https://id.example.com/.well-known/jwks.json'),
      about: 'Instead of a secret: where the identity provider publishes its keys',
    },
    jwtAlgorithms: {
      name: 'JWT_ALGORITHMS',
      // Public keys only: a secret among them would be one that everybody can read.
      kind: someOf(
        'RS256',
        'RS384',
        'RS512',
        'PS256',
        'PS384',
        'PS512',
        'ES256',
        'ES384',
        'ES512',
        'EdDSA',
        'Ed25519',
      ),
      default: 'RS256,PS256,ES256,EdDSA',
      // It stands beside JWKS_URL only.
      example: '',
      about: 'With `JWKS_URL`: algorithms that may sign',
    },
    jwtIssuer: {
      name: 'JWT_ISSUER',
      kind: anyText('any text'),
      about: 'What tokens must carry as `iss`; required with `JWKS_URL`',
    },
    jwtAudience: {
      name: 'JWT_AUDIENCE',
      kind: anyText('any text'),
      about: 'What tokens must carry as `aud`; required with `JWKS_URL`',
    },
    clockToleranceSeconds: {
      name: 'JWT_CLOCK_TOLERANCE_SECONDS',
      kind: wholeNumber(0, 300),
      default: '5',
      about: 'By how much the clock of whoever signs tokens may differ from ours',
    },
  },
  platformApiKey: {
    name: 'PLATFORM_API_KEY',
    kind: secret(16),
    about: 'Whoever has it creates and lists tenants; without one nobody does',
  },
  rateLimitPerMinute: {
    name: 'RATE_LIMIT_PER_MINUTE',
    kind: wholeNumber(0, 10_000_000),
    default: '120000',
    about:
      'Requests that one operator, API key or service may make within a minute, over all instances; 0: any number',
  },
} as const satisfies VariableTree;
