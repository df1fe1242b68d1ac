import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import pino, { type Logger } from "pino";
import type { Config } from "../config/index.ts";

const LEVELS: Readonly<Record<number, string>> = { 20: "DEBUG", 30: "INFO ", 40: "WARN ", 50: "ERROR" };
/** Fields of every line that a person does not need. */
const UNSHOWN: ReadonlySet<string> = new Set(["level", "time", "msg"]);

export interface ServerLog {
  readonly log: Logger;
  /** Writes what is still in memory. */
  close(): void;
}

/**
 * The server's log: one JSON object a line in `<logs>/server.jsonl`, and on the console as the configuration says. A server
 * that keeps its rows in memory writes a file only when a folder is named for it.
 *
 * @throws when the folder cannot be made.
 */
export function openLog(config: Config): ServerLog {
  const level = config["logging.level"] === "off" ? "silent" : config["logging.level"];
  const streams: pino.StreamEntry[] = [];
  const named = config["logging.logs_path"];
  let flush = (): void => undefined;
  if (named !== "" || config["hot_store.driver"] !== "memory") {
    const file = openFile(named || join(config["storage.data_path"], "logs"));
    streams.push({ stream: file, level: "trace" });
    flush = () => file.flushSync();
  }
  if (config["logging.log_to_console"]) streams.push({ stream: consoleStream(config), level: "trace" });
  const log = pino(
    { level, base: null, serializers: { err: pino.stdSerializers.err, cause: pino.stdSerializers.err } },
    pino.multistream(streams),
  );
  return { log, close: flush };
}

/** A disk that is full must not end the server: the line is lost, and the console says so once. */
function openFile(folder: string): ReturnType<typeof pino.destination> {
  mkdirSync(folder, { recursive: true });
  const file = pino.destination({ dest: join(folder, "server.jsonl"), append: true, sync: true });
  let said = false;
  file.on("error", (error: Error) => {
    if (!said) process.stderr.write(`The log cannot be written: ${error.message}\n`);
    said = true;
  });
  return file;
}

/** Lines for a person go to standard error: standard output holds what the command says. */
function consoleStream(config: Config): NodeJS.WritableStream {
  if (config["logging.format"] === "json") return process.stderr;
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      process.stderr.write(readable(String(chunk)), () => done());
    },
  });
}

/** `12:00:00.000 WARN  slow statement user=ann millis=1500` */
function readable(line: string): string {
  const fields = JSON.parse(line) as Record<string, unknown>;
  const time = new Date(Number(fields.time)).toISOString().slice(11, 23);
  const rest = Object.entries(fields)
    .filter(([name]) => !UNSHOWN.has(name))
    .map(([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");
  return `${time} ${LEVELS[Number(fields.level)] ?? "TRACE"} ${String(fields.msg)}${rest}\n`;
}
