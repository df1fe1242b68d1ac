export { planRowQuery, type RowQueryPlan } from "./plan.ts";
