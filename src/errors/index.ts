export { type ErrorContext, type ErrorValues, KalamError, toKalamError } from "./kalam-error.ts";
export { ERRORS, type ErrorDefinition, type ErrorKey } from "./registry.ts";
