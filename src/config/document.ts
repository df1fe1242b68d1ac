import type { Setting } from "./setting.ts";
import { environmentNames, SETTING_KEYS, SETTINGS } from "./settings.ts";

const HEADING = `# Configuration

<!-- Made by scripts/generate-config-doc.ts from src/config/settings.ts; edit that table, then run the script. -->

The server reads, in growing order of weight: its defaults, a TOML file (\`kalam serve --config FILE\`, or \`server.toml\` in the
current folder when there is one), environment variables, flags. No section and no key is required.

\`\`\`toml
[server]
port = 9000

[logging]
level = "debug"
\`\`\`

In the environment, booleans are \`true\`, \`1\`, \`yes\` or \`false\`, \`0\`, \`no\`; lists are separated by commas; an empty variable
counts as not set. A value that cannot be right stops the start with exit code 2 and a line that names it. A key that the server
does not know is a warning in the log.

| key | default | environment | meaning |
| --- | --- | --- | --- |
`;

/** The text of `docs/configuration.md`. */
export function configurationDocument(): string {
  const rows = SETTING_KEYS.map((key) => {
    const setting: Setting<unknown> = SETTINGS[key];
    const names = environmentNames(key)
      .map((name) => `\`${name}\``)
      .join(", ");
    return `| \`${key}\` | ${shown(setting.default)} | ${names} | ${setting.description} |\n`;
  });
  return HEADING + rows.join("");
}

function shown(value: unknown): string {
  if (value === undefined || value === "") return "none";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map((part) => `\`${part}\``).join(", ");
  return `\`${String(value)}\``;
}
