import { anyText, httpUrl, oneOf, secret, secretKeys, someOf, wholeNumber, yesOrNo } from '../kinds.js';
import type { VariableTree } from '../variable.js';

export const ACCESS = {
  auth: {
    mode: {
      name: 'AUTH_MODE',
      kind: oneOf('jwt', 'trusted-headers'),
      default: 'jwt',
      example: 'trusted-headers',
      about:
        '`jwt`: callers send a token. `trusted-headers`: a gateway names the caller in `X-Tenant-Id` with `X-Operator-Id` or `X-Service`; in development the caller sends these headers',
    },
    trustGatewayHeaders: {
      name: 'TRUST_GATEWAY_HEADERS',
      kind: yesOrNo(),
      default: 'no',
      about:
        '`yes` allows `AUTH_MODE=trusted-headers` in production and on an address that others in the network can reach',
    },
    gatewaySecret: {
      name: 'GATEWAY_SECRET',
      kind: secret(16),
      about: 'With `trusted-headers`: the gateway must send it as `X-Gateway-Secret`; other requests are 401',
    },
    jwtSecret: {
      name: 'JWT_SECRET',
      // RFC 7518, 3.2: a key for HS256 must have at least 256 bits.
      kind: secret(32),
      about: 'The secret with which tokens are signed by HS256',
    },
    jwksUrl: {
      name: 'JWKS_URL',
      kind: httpUrl('https://id.example.com/.well-known/jwks.json'),
      about: 'Instead of a secret: the URL of the public keys of the identity provider',
    },
    jwtAlgorithms: {
      name: 'JWT_ALGORITHMS',
      // Algorithms with public keys only. A shared secret in a public key set would be readable by everybody.
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
      // It applies only to JWKS_URL.
      example: '',
      about: 'With `JWKS_URL`: the allowed signature algorithms',
    },
    jwtIssuer: {
      name: 'JWT_ISSUER',
      kind: anyText('any text'),
      about:
        'The required `iss` of tokens; mandatory with `JWKS_URL`. `{tenantid}` in it stands for the `tid` of the token ([identity providers](identity-providers.md))',
    },
    jwtAudience: {
      name: 'JWT_AUDIENCE',
      kind: anyText('any text'),
      about: 'The required `aud` of tokens; mandatory with `JWKS_URL`',
    },
    tenantClaim: {
      name: 'JWT_TENANT_CLAIM',
      kind: anyText('the name of a claim'),
      default: 'tenant_id',
      about:
        'The claim of tokens that names the tenant, by its id or `externalId`. `app_metadata.tenant` is a claim inside another',
    },
    operatorClaim: {
      name: 'JWT_OPERATOR_CLAIM',
      kind: anyText('the name of a claim'),
      default: 'sub',
      about: 'The claim of tokens that names the operator, by their id or `externalId`',
    },
    clockToleranceSeconds: {
      name: 'JWT_CLOCK_TOLERANCE_SECONDS',
      kind: wholeNumber(0, 300),
      default: '5',
      about: 'The largest allowed difference between the clock of the token issuer and ours',
    },
  },
  platformApiKey: {
    name: 'PLATFORM_API_KEY',
    kind: secret(16),
    about: 'The key for creating and listing tenants. Without it nobody can create tenants',
  },
  secretKeys: {
    name: 'SECRETS_KEY',
    kind: secretKeys(),
    about:
      'Keys that encrypt secrets and stored responses in the database: the first encrypts, all decrypt. Without one the secrets of webhooks and of signed requests lie there in clear',
  },
  rateLimitPerMinute: {
    name: 'RATE_LIMIT_PER_MINUTE',
    kind: wholeNumber(0, 10_000_000),
    default: '120000',
    about: 'Requests per minute of one operator, API key or service, over all instances; 0: no limit',
  },
  rateLimitTenantPerMinute: {
    name: 'RATE_LIMIT_TENANT_PER_MINUTE',
    kind: wholeNumber(0, 100_000_000),
    default: '600000',
    about: 'Requests per minute of all callers of a tenant together, over all instances; 0: no limit',
  },
  failedAuthentications: {
    perSecond: {
      name: 'FAILED_AUTHENTICATIONS_PER_SECOND',
      kind: wholeNumber(0, 10_000),
      default: '10',
      about:
        'How many requests of one address that do not prove who is calling one process checks in a second; further ones wait; genuine tokens, and keys that were genuine before, never do. 0: no limit',
    },
    atOnce: {
      name: 'FAILED_AUTHENTICATIONS_AT_ONCE',
      kind: wholeNumber(1, 100_000),
      default: '20',
      about: 'How many such requests of an address are free before the others wait',
    },
    waiting: {
      name: 'FAILED_AUTHENTICATIONS_WAITING',
      kind: wholeNumber(1, 4_096),
      default: '64',
      about: 'How many such requests of an address can wait; further ones are 429',
    },
  },
  requestsInFlight: {
    ofPrincipal: {
      name: 'REQUESTS_IN_FLIGHT_PER_PRINCIPAL',
      kind: wholeNumber(1, 100_000),
      default: '16',
      about:
        'How many requests of one operator, API key or service one process works on at once; further ones wait for their turn',
    },
    ofTenant: {
      name: 'REQUESTS_IN_FLIGHT_PER_TENANT',
      kind: wholeNumber(1, 1_000_000),
      default: '1000',
      about:
        'The most requests of a tenant without a response in one process, those that wait included; one principal can have a quarter of them',
    },
  },
} as const satisfies VariableTree;
