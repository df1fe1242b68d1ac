import { ERRORS, type ErrorDefinition } from "../src/errors/index.ts";

/** `docs/errors.md`, made from the registry. */
export function errorsDocument(): string {
  const sections = [...byCode()].map(([code, rows]) => section(code, rows));
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

const INTRODUCTION = `# Errors

Every error that KalamDB reports. Over HTTP a failed statement has the \`code\`, the message, the \`sqlstate\`, what to do as
\`hint\` and, where the mistake stands in its text, \`position\` and \`excerpt\`: [http-api.md](http-api.md#errors) shows one. In
the embedded API they are properties of a \`KalamError\`, the key too. \`{name}\` stands for what the error is about.

This page is made from \`src/errors/registry.ts\` by \`npm run docs\`; a test keeps the two equal.
`;

function byCode(): Map<string, [string, ErrorDefinition][]> {
  const groups = new Map<string, [string, ErrorDefinition][]>();
  for (const row of Object.entries<ErrorDefinition>(ERRORS)) {
    const group = groups.get(row[1].code) ?? [];
    group.push(row);
    groups.set(row[1].code, group);
  }
  return groups;
}

function section(code: string, rows: readonly [string, ErrorDefinition][]): string {
  const lines = rows.map(([key, { status, sqlstate, message, remedy }]) =>
    ["", `\`${key}\``, String(status), sqlstate, cell(message), cell(remedy), ""].join(" | ").trim(),
  );
  return `## ${code}

| key | status | SQLSTATE | message | what to do |
| --- | --- | --- | --- | --- |
${lines.join("\n")}
`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
