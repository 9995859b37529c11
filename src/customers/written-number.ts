/** A phone number as people and gateways write it, without its wrapping. */
export interface WrittenNumber {
  /** Plain digits and punctuation; it begins with a plus when the wrapping says that the number is international. */
  text: string;
  /** The extension of a `tel:` address. */
  extension: string | null;
}

/** libphonenumber reads no longer text. */
const LONGEST = 250;

const SCHEME = /^(tel|callto|sms|smsto|mms|mmsto|whatsapp|sips?):(?:\/\/)?/i;
const JID = /^\+?([0-9]+)(?:[.:][0-9]+)*@(?:c\.us|s\.whatsapp\.net)$/i;

/**
 * Takes invisible marks, foreign digits, `tel:` and the like from a text.
 * @returns null when what is left cannot be a number
 */
export function unwrapNumber(text: string): WrittenNumber | null {
  if (text.length > LONGEST) return null;
  const visible = asciiDigits(text.normalize('NFKC').replace(/[\p{Cf}\ufe0e\ufe0f]/gu, '')).trim();
  const scheme = SCHEME.exec(visible);
  const rest = scheme === null ? visible : visible.slice(scheme[0].length).replace(/^%2B/i, '+');
  const jid = JID.exec(rest);
  if (jid !== null) return { text: `+${jid[1]}`, extension: null };
  if (scheme?.[1]?.toLowerCase().startsWith('sip') === true) return fromSip(rest);
  // WhatsApp knows no numbers but international ones.
  if (scheme?.[1]?.toLowerCase() === 'whatsapp' && /^[1-9][0-9]{6,14}$/.test(rest))
    return { text: `+${rest}`, extension: null };
  return scheme === null ? withoutParameters(rest) : withoutParameters(rest.replace(/\?.*$/s, ''));
}

/** The user of a SIP address. A few digits are an extension of that host, so they need the host. */
function fromSip(address: string): WrittenNumber | null {
  const [user = '', host] = address.split('@', 2);
  const number = withoutParameters(user.replace(/\?.*$/s, ''));
  return host !== undefined && /^[0-9]{0,8}$/.test(number.text) ? null : number;
}

/** Reads the parameters of RFC 3966: `;ext=12;phone-context=+49`. */
function withoutParameters(text: string): WrittenNumber {
  const [number = '', ...parameters] = text.split(';');
  const known = new Map(
    parameters.flatMap((parameter) => {
      const pair = /^\s*([a-z-]+)(?:=(.*))?$/is.exec(parameter);
      return pair === null ? [] : [[pair[1]?.toLowerCase(), pair[2]?.trim() ?? ''] as const];
    }),
  );
  // What is no parameter may be a second number.
  if (known.size < parameters.length) return { text, extension: null };
  const extension = known.get('ext') ?? '';
  const context = known.get('phone-context') ?? '';
  const isGlobal = number.trim().startsWith('+');
  return {
    text: !isGlobal && /^\+[0-9-]+$/.test(context) ? `${context}${number.trim()}` : number.trim(),
    extension: /^[0-9]{1,20}$/.test(extension) ? extension : null,
  };
}

/** Decimal digits of all scripts. In each script they stand in a row, from 0 to 9. */
function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    if (digit >= '0' && digit <= '9') return digit;
    const code = digit.codePointAt(0) ?? 0;
    let zero = code;
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
    return String((code - zero) % 10);
  });
}
