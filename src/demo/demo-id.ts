/** Fixed ids, so that examples in the README and in Swagger UI work by copy and paste. */
export function demoId(number: string): string {
  return `019c8f00-0000-7000-8000-${number.padStart(12, '0')}`;
}
