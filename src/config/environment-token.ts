/** The injection token of the parsed environment. */
export const ENVIRONMENT = Symbol('environment');
