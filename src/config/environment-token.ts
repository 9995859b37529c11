/** The token that injects the parsed environment. */
export const ENVIRONMENT = Symbol('environment');
