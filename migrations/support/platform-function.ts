/** Replaces functions that inbox_platform owns: as their owner, whoever runs the migrations. */
export function asPlatform(statements: string): string {
  return `
      grant create on schema public to inbox_platform;
      set local role inbox_platform;
      ${statements}
      reset role;
      revoke create on schema public from inbox_platform;`;
}
