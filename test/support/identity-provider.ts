import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

/** A key pair of an identity provider, with the public key as published. */
export interface SigningKey {
  alg: string;
  privateKey: CryptoKey;
  jwk: JWK & { kid: string };
}

export async function signingKey(kid: string, alg = 'RS256', options = {}): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, ...options });
  return { alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** A token signed with the key. @param header fields of the header to add or replace */
export function signedBy(key: SigningKey, payload: JWTPayload, header: object = {}): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.alg, kid: key.jwk.kid, ...header })
    .sign(key.privateKey);
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An identity provider that publishes keys over HTTP and can misbehave. */
export class IdentityProvider {
  /** The published keys. */
  keys: JWK[] = [];
  /** The number of requests. */
  asked = 0;
  /** Responds instead of the keys. */
  handler: Handler | null = null;

  private constructor(
    private server: Server,
    private readonly port: number,
  ) {}

  static async start(): Promise<IdentityProvider> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const provider = new IdentityProvider(server, (server.address() as AddressInfo).port);
    server.on('request', provider.serve);
    return provider;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/keys`;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** At the same address as before. */
  async startAgain(): Promise<void> {
    await this.stop();
    this.handler = null;
    this.server = createServer(this.serve).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  private readonly serve: Handler = (request, response) => {
    this.asked++;
    (this.handler ?? this.publish)(request, response);
  };

  private readonly publish: Handler = (_request, response) => {
    response.setHeader('Content-Type', 'application/jwk-set+json');
    response.end(JSON.stringify({ keys: this.keys }));
  };
}
