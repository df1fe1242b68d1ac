export { type AnalyticalContext, isView, type ViewExpansion } from "./context.ts";
export { AnalyticalEngine, type AnalyticalOptions } from "./engine.ts";
export type { QueryAnswer } from "./execution.ts";
