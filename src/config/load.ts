import { readFileSync } from "node:fs";
import { parse as parseToml } from "smol-toml";
import * as v from "valibot";
import { KalamError } from "../errors/index.ts";
import { nearest } from "./nearest.ts";
import type { Setting } from "./setting.ts";
import { type Config, environmentNames, FOREIGN, SETTING_KEYS, SETTINGS, type SettingKey } from "./settings.ts";

export interface ConfigSources {
  /** Path of a TOML file. It must exist. */
  readonly file?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Values of flags, as typed on the command line. */
  readonly flags?: Readonly<Partial<Record<SettingKey, { flag: string; value: string }>>>;
}

export interface LoadedConfig {
  readonly config: Config;
  /** What is worth saying in the log: settings that mean nothing here. */
  readonly warnings: readonly string[];
  /** Keys that were set by a flag, the environment or the file. */
  readonly given: ReadonlySet<SettingKey>;
}

/**
 * Reads the configuration: flags over environment over file over defaults.
 *
 * Unknown keys of the file are warnings and not errors, so that the file of an existing KalamDB server starts here.
 *
 * @throws KalamError `config_invalid`, naming where the bad value stands.
 * @example
 * const { config } = loadConfig({ environment: process.env });
 * config["server.port"]; // 8080
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const warnings: string[] = [];
  const file = sources.file === undefined ? new Map<string, unknown>() : readFile(sources.file, warnings);
  const environment = sources.environment ?? {};
  const values: Record<string, unknown> = {};
  const given = new Set<SettingKey>();

  for (const key of SETTING_KEYS) {
    const setting: Setting<unknown> = SETTINGS[key];
    const flag = sources.flags?.[key];
    const variable = environmentNames(key).find((name) => environment[name] !== undefined && environment[name] !== "");
    if (flag !== undefined) {
      values[key] = check(setting, fromText(setting, flag.value), flag.flag);
    } else if (variable !== undefined) {
      values[key] = check(setting, fromText(setting, environment[variable] ?? ""), `environment variable ${variable}`);
    } else if (file.has(key)) {
      values[key] = check(setting, file.get(key), `${key} in ${sources.file}`);
    } else {
      values[key] = setting.default;
      continue;
    }
    given.add(key);
  }
  return { config: values as Config, warnings, given };
}

/** @throws KalamError `config_invalid`, with `source` and what the schema asks for; a secret's value is not repeated. */
function check(setting: Setting<unknown>, value: unknown, source: string): unknown {
  const result = v.safeParse(setting.schema, value);
  if (result.success) return result.output;
  const shown = setting.secret ? "the value" : JSON.stringify(value);
  throw new KalamError("config_invalid", { reason: `${source}: ${shown} ${result.issues[0].message}` });
}

/** What cannot be read stays text, and the schema refuses it. */
function fromText(setting: Setting<unknown>, text: string): unknown {
  const trimmed = text.trim();
  switch (setting.form) {
    case "integer":
      return /^-?\d+$/.test(trimmed) ? Number(trimmed) : text;
    case "boolean":
      if (/^(true|1|yes|on)$/i.test(trimmed)) return true;
      return /^(false|0|no|off)$/i.test(trimmed) ? false : text;
    case "list":
      return trimmed
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "");
    case "text":
      return text;
  }
}

function readFile(path: string, warnings: string[]): Map<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const reason = `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`;
    throw new KalamError("config_invalid", { reason }, { cause: error });
  }
  let tree: Record<string, unknown>;
  try {
    tree = parseToml(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const reason = `${path} is not valid TOML: ${error instanceof Error ? error.message : String(error)}`;
    throw new KalamError("config_invalid", { reason }, { cause: error });
  }
  const values = new Map<string, unknown>();
  flatten(tree, "", values);
  return keepKnown(values, path, warnings);
}

function flatten(tree: Record<string, unknown>, prefix: string, values: Map<string, unknown>): void {
  for (const [name, value] of Object.entries(tree)) {
    const key = `${prefix}${name}`.replace(/^authentication(?=\.|$)/, "auth");
    if (isTable(value)) flatten(value, `${key}.`, values);
    else values.set(key, value);
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function keepKnown(values: Map<string, unknown>, path: string, warnings: string[]): Map<string, unknown> {
  const known = new Map<string, unknown>();
  const foreign = new Set<string>();
  for (const [key, value] of values) {
    if (Object.hasOwn(SETTINGS, key)) {
      known.set(key, value);
      continue;
    }
    const section = FOREIGN.find((name) => key === name || key.startsWith(`${name}.`));
    if (section !== undefined) {
      foreign.add(section);
      continue;
    }
    const meant = nearest(key, SETTING_KEYS);
    warnings.push(
      `${path}: unknown setting ${key} is ignored${meant === undefined ? "" : ` (did you mean ${meant}?)`}`,
    );
  }
  for (const section of foreign) warnings.push(`${path}: ${section} has no meaning here and is ignored`);
  return known;
}
