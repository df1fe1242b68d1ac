import { CliError } from "../cli-error.ts";
import { EXIT } from "../exit-codes.ts";

/** Questions go to the terminal on stderr, so that stdout stays data. */
const CONTEXT = { output: process.stderr } as const;

export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

export async function askUser(fallback: string): Promise<string> {
  const { input } = await import("@inquirer/prompts");
  return answered(input({ message: "User", default: fallback }, CONTEXT));
}

export async function askPassword(user: string): Promise<string> {
  const { password } = await import("@inquirer/prompts");
  return answered(password({ message: `Password of ${user}`, mask: "*" }, CONTEXT));
}

/** @returns whether the answer was yes; Enter alone means no. */
export async function askWhether(question: string): Promise<boolean> {
  const { confirm } = await import("@inquirer/prompts");
  return answered(confirm({ message: question, default: false }, CONTEXT));
}

async function answered<T>(question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof Error && error.name === "ExitPromptError") throw new CliError("Cancelled", EXIT.interrupted);
    throw error;
  }
}

const LONGEST_PASSWORD = 4096;

/** The first line of standard input, for `--password-stdin`. @throws CliError (usage) */
export async function readPasswordFromStdin(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    text += chunk as string;
    if (text.length > LONGEST_PASSWORD) throw new CliError("The password on standard input is too long", EXIT.usage);
  }
  const password = text.split(/\r?\n/, 1)[0] ?? "";
  if (password === "") throw new CliError("--password-stdin: there is no password on standard input", EXIT.usage);
  return password;
}
