import { isIP } from 'node:net';

/** The target of a webhook: its parsed URL, and the host in the form that resolvers and connections use. */
export interface Target {
  readonly url: URL;
  readonly host: string;
  /** Whether the host is an address, so that there is no name to resolve. */
  readonly isAddress: boolean;
}

/** The target is not allowed. Tenants read the message, so it must not contain an address that a name resolved to. */
export class TargetRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TargetRefused';
  }
}

/**
 * Parses a URL. The URL standard normalizes every way to write an address (`2130706433`, `0x7f.1`, `①②⑦.0.0.1`).
 * @throws TargetRefused
 */
export function targetOf(text: string): Target {
  if (!URL.canParse(text)) throw new TargetRefused('it is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TargetRefused('it must begin with https:// or http://');
  }
  if (url.username !== '' || url.password !== '') {
    throw new TargetRefused(
      'it must not contain a user name or a password, because the signature identifies the sender',
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { url, host, isAddress: isIP(host) !== 0 };
}

/** RFC 6761: these names always mean the machine itself, whatever a resolver says. */
export function isLocalhost(host: string): boolean {
  return /(^|\.)localhost\.?$/i.test(host);
}
