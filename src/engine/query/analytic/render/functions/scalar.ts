import { JSON_FUNCTIONS } from "./json.ts";
import { LIST_FUNCTIONS } from "./lists.ts";
import { MOMENT_FUNCTIONS } from "./moments.ts";
import { NUMBER_FUNCTIONS } from "./numbers.ts";
import type { Rules } from "./rule.ts";
import { SESSION_FUNCTIONS } from "./session.ts";
import { TEXT_FUNCTIONS } from "./text.ts";

/** Scalar functions by what they work on. */
export const FUNCTION_GROUPS = {
  text: TEXT_FUNCTIONS,
  numbers: NUMBER_FUNCTIONS,
  "dates and times": MOMENT_FUNCTIONS,
  JSON: JSON_FUNCTIONS,
  "arrays and vectors": LIST_FUNCTIONS,
  session: SESSION_FUNCTIONS,
} as const satisfies Record<string, Rules>;

/** Every scalar function that a statement may call on the analytical path. What is not here does not exist. */
export const SCALAR_FUNCTIONS: Rules = new Map(Object.values(FUNCTION_GROUPS).flatMap((rules) => [...rules]));
