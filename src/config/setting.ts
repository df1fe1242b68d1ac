import * as v from "valibot";

/** How the text of an environment variable or a flag becomes a value. */
export type SettingForm = "text" | "integer" | "boolean" | "list";

/** One row of the table of settings. */
export interface Setting<T> {
  readonly form: SettingForm;
  readonly schema: v.GenericSchema<unknown, T>;
  readonly default: T;
  /** Plain words for `docs/configuration.md`. */
  readonly description: string;
  /** Names besides `KALAMDB_<SECTION>_<KEY>`; earlier ones win. */
  readonly environment: readonly string[];
  /** The value never appears in logs, messages or documents. */
  readonly secret: boolean;
}

interface Extra {
  readonly environment?: readonly string[];
  readonly secret?: boolean;
}

function row<T>(
  form: SettingForm,
  schema: v.GenericSchema<unknown, T>,
  value: T,
  description: string,
  extra: Extra,
): Setting<T> {
  return {
    form,
    schema,
    default: value,
    description,
    environment: extra.environment ?? [],
    secret: extra.secret ?? false,
  };
}

export function text(value: string, description: string, extra: Extra = {}): Setting<string> {
  return row("text", v.string("must be text"), value, description, extra);
}

/** Text that may be missing. */
export function optionalText(description: string, extra: Extra = {}): Setting<string | undefined> {
  return row("text", v.optional(v.string("must be text")), undefined, description, extra);
}

export function oneOf<const T extends readonly [string, ...string[]]>(
  options: T,
  value: T[number],
  description: string,
  extra: Extra = {},
): Setting<T[number]> {
  return row("text", v.picklist(options, `must be one of ${options.join(", ")}`), value, description, extra);
}

export function integer(
  value: number,
  [minimum, maximum]: readonly [number, number],
  description: string,
  extra: Extra = {},
): Setting<number> {
  const range = `must be a whole number from ${minimum} to ${maximum}`;
  const schema = v.pipe(v.number(range), v.integer(range), v.minValue(minimum, range), v.maxValue(maximum, range));
  return row("integer", schema, value, description, extra);
}

export function boolean(value: boolean, description: string, extra: Extra = {}): Setting<boolean> {
  return row("boolean", v.boolean("must be true or false"), value, description, extra);
}

export function list(value: readonly string[], description: string, extra: Extra = {}): Setting<readonly string[]> {
  return row(
    "list",
    v.array(v.string("must be a list of texts"), "must be a list of texts"),
    value,
    description,
    extra,
  );
}
