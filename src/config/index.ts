export { type ConfigSources, type LoadedConfig, loadConfig } from "./load.ts";
export { type Config, SETTINGS, type SettingKey } from "./settings.ts";
