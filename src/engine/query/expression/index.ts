export { compileCondition, compileExpression } from "./compile.ts";
export type { Expression, Frame, Scope } from "./frame.ts";
export { InputBinder, type InputKinds } from "./input-binder.ts";
export type { InputUsage } from "./input-values.ts";
export { compileKeyAccess, type KeyAccess, type KeyTarget } from "./key-access.ts";
export { type KeyForm, keyFormOf } from "./key-form.ts";
export { NotSimple, RowsInSegments } from "./not-simple.ts";
