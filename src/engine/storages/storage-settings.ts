import { KalamError } from "../../errors/index.ts";
import type { StorageDefinition } from "../catalog/definitions.ts";
import type { StorageSetting } from "../sql/statement.ts";
import { compileTemplate } from "./path-template.ts";
import { everyTemplate } from "./table-places.ts";

const MAX_ID = 64;
const MAX_FORMER_TEMPLATES = 32;

/** @throws KalamError `invalid_name` */
export function checkStorageId(id: string, position: number): void {
  if (/^[A-Za-z0-9_-]+$/.test(id) && id.length <= MAX_ID) return;
  const reason = `an id has 1 to ${MAX_ID} letters, digits, _ and -`;
  throw new KalamError("invalid_name", { kind: "storage", name: id, reason }, { position });
}

/** A new storage. @throws KalamError `invalid_option` */
export function definedWith(
  blank: StorageDefinition,
  settings: ReadonlyMap<StorageSetting, string>,
): StorageDefinition {
  const storage = withSettings(blank, settings);
  checkTemplates(storage);
  return storage;
}

/**
 * The storage with other settings. A template that is replaced is remembered, because what is there stays where it is.
 *
 * @throws KalamError `invalid_option`
 */
export function alteredWith(
  former: StorageDefinition,
  settings: ReadonlyMap<StorageSetting, string>,
): StorageDefinition {
  const changed = withSettings(former, settings);
  const present = new Set([changed.sharedTablesTemplate, changed.userTablesTemplate]);
  const earlier = new Set([former.sharedTablesTemplate, former.userTablesTemplate, ...former.formerTemplates]);
  const storage = { ...changed, formerTemplates: [...earlier].filter((text) => !present.has(text)) };
  if (storage.formerTemplates.length > MAX_FORMER_TEMPLATES) {
    throw invalid(`A storage can have had at most ${MAX_FORMER_TEMPLATES} other templates`);
  }
  checkTemplates(storage);
  return storage;
}

function withSettings(former: StorageDefinition, settings: ReadonlyMap<StorageSetting, string>): StorageDefinition {
  const shared = settings.get("sharedTablesTemplate");
  const user = settings.get("userTablesTemplate");
  return {
    ...former,
    name: settings.get("name") ?? former.name,
    description: settings.get("description") ?? former.description,
    sharedTablesTemplate: shared === undefined ? former.sharedTablesTemplate : compileTemplate(shared, "shared").text,
    userTablesTemplate: user === undefined ? former.userTablesTemplate : compileTemplate(user, "user").text,
    credentials: jsonObject(settings, "credentials") ?? former.credentials,
    config: jsonObject(settings, "config") ?? former.config,
  };
}

/** @throws KalamError `invalid_option`: two templates would put different tables' or users' files into one folder */
function checkTemplates(storage: StorageDefinition): void {
  const templates = everyTemplate(storage);
  templates.forEach((template, index) => {
    const other = templates.slice(index + 1).find((later) => !template.isCompatibleWith(later));
    if (other === undefined) return;
    throw new KalamError(
      "invalid_option",
      {
        reason: `The templates '${template.text}' and '${other.text}' of one storage could give two of its folders the same name`,
      },
      { hint: "Let one of them begin with a folder that no namespace is called, such as '~2/…'." },
    );
  });
}

function jsonObject(
  settings: ReadonlyMap<StorageSetting, string>,
  setting: "credentials" | "config",
): string | undefined {
  const text = settings.get(setting);
  if (text === undefined) return undefined;
  if (!isJsonObject(text)) throw invalid(`${setting.toUpperCase()} must be a JSON object`);
  return text;
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function invalid(reason: string): KalamError {
  return new KalamError("invalid_option", { reason });
}
