/** Keys of SECRETS_KEY for tests, as text: `<id>:<32 bytes in base64>`. */
export const KEY_A = `a:${Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64')}`;
export const KEY_B = `b:${Buffer.from('vutsrqponmlkjihgfedcba9876543210').toString('base64')}`;
