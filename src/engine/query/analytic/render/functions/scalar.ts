import { JSON_FUNCTIONS } from "./json.ts";
import { LIST_FUNCTIONS } from "./lists.ts";
import { MOMENT_FUNCTIONS } from "./moments.ts";
import { NUMBER_FUNCTIONS } from "./numbers.ts";
import type { Rules } from "./rule.ts";
import { SESSION_FUNCTIONS } from "./session.ts";
import { TEXT_FUNCTIONS } from "./text.ts";

/** Every scalar function that a statement may call on the analytical path. What is not here does not exist. */
export const SCALAR_FUNCTIONS: Rules = new Map([
  ...TEXT_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...MOMENT_FUNCTIONS,
  ...JSON_FUNCTIONS,
  ...LIST_FUNCTIONS,
  ...SESSION_FUNCTIONS,
]);
