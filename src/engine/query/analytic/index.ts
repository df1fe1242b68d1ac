export { type AnalyticalContext, isView, type ViewExpansion } from "./context.ts";
export { AnalyticalEngine } from "./engine.ts";
export type { QueryAnswer } from "./execution.ts";
