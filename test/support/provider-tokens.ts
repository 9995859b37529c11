import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';

/** Whom a token is for, in the words of the identity provider. */
export interface Named {
  tenant: string;
  operator: string;
}

export interface Provider {
  /** The heading in docs/identity-providers.md, whose settings the test takes. */
  name: string;
  /** What it calls a tenant and an operator of it. */
  named: Named;
  /** Members of its published keys that differ. */
  jwk?: object;
  header: object;
  /** The payloads of its tokens, by their kind. */
  tokens: Record<string, (named: Named) => JWTPayload>;
}

const now = () => Math.floor(Date.now() / 1000);
const times = (seconds: number) => ({ iat: now(), exp: now() + seconds });

const DIRECTORY = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490';

/** Payloads as the providers issue them, with made up ids. */
export const PROVIDERS: readonly Provider[] = [
  {
    name: 'Auth0',
    named: { tenant: 'acme', operator: 'auth0|65f0c0ffee5eed0123456789' },
    header: { typ: 'JWT' },
    tokens: {
      'an access token': ({ tenant, operator }) => ({
        'https://inbox.example/tenant': tenant,
        iss: 'https://acme.eu.auth0.com/',
        sub: operator,
        aud: ['https://inbox.example/api', 'https://acme.eu.auth0.com/userinfo'],
        ...times(86_400),
        scope: 'openid profile email',
        azp: 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja',
        permissions: [],
      }),
      'an access token by RFC 9068': ({ tenant, operator }) => ({
        'https://inbox.example/tenant': tenant,
        iss: 'https://acme.eu.auth0.com/',
        sub: operator,
        aud: 'https://inbox.example/api',
        ...times(86_400),
        scope: 'openid profile',
        jti: 'ZQ4tWmTqR5yTtzHrLJ9mHn',
        client_id: 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja',
      }),
    },
  },
  {
    name: 'Microsoft Entra ID',
    named: { tenant: DIRECTORY, operator: '690222be-ff1a-4d56-abd1-7e4f7d38e474' },
    // Its keys say no algorithm.
    jwk: { alg: undefined, x5t: 'nOo3ZDrODXEK1jKWhXslHR_KXEg' },
    header: { typ: 'JWT' },
    tokens: {
      'an access token of version 2.0': ({ tenant, operator }) => ({
        aud: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
        iss: `https://login.microsoftonline.com/${tenant}/v2.0`,
        ...times(4_500),
        nbf: now(),
        aio: 'AXQAi/8IAAAAtAaZLo3ChMif6KOnttRB7eBq4/DccQzjcJGxPYy/C3jDaNGxXd6wNIIVGRghNRnwJ1lOcAnNZcjvkoyrFx==',
        azp: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
        azpacr: '0',
        name: 'Abe Lincoln',
        oid: operator,
        preferred_username: 'abeli@microsoft.com',
        rh: '0.AAAAI_DqjjQrok2bqovIydakkCsXdG5WvkNIn_TmaiyVEuM.',
        scp: 'access_as_user',
        sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
        tid: tenant,
        uti: 'fqiBqXLPj0eQa82S-IYFAA',
        ver: '2.0',
      }),
    },
  },
  {
    name: 'Keycloak',
    named: { tenant: 'acme', operator: 'olga' },
    header: { typ: 'JWT' },
    tokens: {
      'an access token': ({ tenant, operator }) => ({
        ...times(300),
        jti: randomUUID(),
        iss: 'https://id.example/realms/desk',
        aud: ['inbox-allocation', 'account'],
        sub: '36fa0f91-f94d-4a0c-afed-6b7d952e47da',
        typ: 'Bearer',
        azp: 'desk',
        sid: '2a88c258-f73a-4103-b862-e1fbd8f4e04e',
        acr: '1',
        'allowed-origins': ['https://desk.example'],
        realm_access: { roles: ['offline_access', 'default-roles-desk', 'uma_authorization'] },
        resource_access: { account: { roles: ['manage-account', 'view-profile'] } },
        scope: 'email profile',
        inbox: { tenant },
        email_verified: true,
        name: 'Olga Operator',
        preferred_username: operator,
        given_name: 'Olga',
        family_name: 'Operator',
      }),
    },
  },
  {
    name: 'Amazon Cognito',
    named: { tenant: 'acme', operator: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee' },
    header: {},
    tokens: {
      'an ID token': ({ tenant, operator }) => ({
        sub: operator,
        'cognito:groups': ['desk'],
        email_verified: true,
        iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI',
        'cognito:username': 'olga',
        'custom:tenant': tenant,
        origin_jti: randomUUID(),
        aud: '7m1234abcdefghijklmnopqrst',
        event_id: randomUUID(),
        token_use: 'id',
        auth_time: now(),
        ...times(3_600),
        jti: randomUUID(),
      }),
      'an access token with a claim that a trigger adds': ({ tenant, operator }) => ({
        sub: operator,
        'cognito:groups': ['desk'],
        iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI',
        version: 2,
        client_id: '7m1234abcdefghijklmnopqrst',
        origin_jti: randomUUID(),
        event_id: randomUUID(),
        token_use: 'access',
        scope: 'openid profile',
        auth_time: now(),
        ...times(3_600),
        jti: randomUUID(),
        username: 'olga',
        'custom:tenant': tenant,
      }),
    },
  },
];
