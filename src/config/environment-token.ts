/** Under this token the parsed environment is injected. */
export const ENVIRONMENT = Symbol('environment');
