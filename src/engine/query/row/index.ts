export { chooseIndex, type IndexChoice, readByIndex } from "./index-choice.ts";
export { planRowQuery, type RowQueryPlan } from "./plan.ts";
