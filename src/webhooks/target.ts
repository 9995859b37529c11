import { isIP } from 'node:net';

/** Where a webhook leads: its parsed URL, and the host as a resolver or a connection takes it. */
export interface Target {
  readonly url: URL;
  readonly host: string;
  /** Whether the host is an address already, so that nothing is resolved. */
  readonly isAddress: boolean;
}

/** Nothing is sent to such a target. The tenant reads the message, so it names no address that a name resolved to. */
export class TargetRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TargetRefused';
  }
}

/**
 * Parses a URL. The URL standard turns every way to write an address (`2130706433`, `0x7f.1`, `①②⑦.0.0.1`) into the
 * plain one.
 * @throws TargetRefused
 */
export function targetOf(text: string): Target {
  if (!URL.canParse(text)) throw new TargetRefused('it is no URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TargetRefused('it must begin with https:// or http://');
  }
  if (url.username !== '' || url.password !== '') {
    throw new TargetRefused('it must not hold a user name or a password: the signature proves who sends');
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { url, host, isAddress: isIP(host) !== 0 };
}

/** RFC 6761: these always mean the machine itself, whatever a resolver says. */
export function isLocalhost(host: string): boolean {
  return /(^|\.)localhost\.?$/i.test(host);
}
