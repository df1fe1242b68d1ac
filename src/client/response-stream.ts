import { parseResponse, parseRows } from "./json.ts";
import type { Cell, SchemaField, WireResult } from "./results.ts";

/** What a response says, in the order in which it arrives. */
export type ResponseEvent =
  /** A result with rows begins; what follows belongs to it until the next `result`. */
  | { readonly type: "schema"; readonly schema: readonly SchemaField[] }
  | { readonly type: "rows"; readonly rows: readonly (readonly Cell[])[] }
  /** A statement's result is complete. Its `rows` are empty here: they came before. */
  | { readonly type: "result"; readonly result: WireResult };

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/**
 * Reads a response without holding its rows.
 *
 *     {"status":"success","results":[{"schema":[…],"rows":[[…],[…],…],"row_count":2}],"took":1.2,"error":null}
 *                                                          └────────┘
 *                                     given out as they arrive; all the rest is the frame
 *
 * Whole rows are cut out of the text by counting brackets outside of strings, and `JSON.parse` reads many at a time. In memory
 * are the frame, one chunk, and the row that the chunk has cut in two.
 */
export class ResponseReader {
  #frame = "";
  /** The names of the open containers; "" for one that stands in an array. */
  readonly #path: string[] = [];
  #inString = false;
  #escaped = false;
  #stringStart = 0;
  #lastString = "";
  #resultStart = 0;
  #schema: readonly SchemaField[] = [];
  #inRows = false;
  /** The part of the rows that has not been given out. */
  #pending = "";
  #rowDepth = 0;

  /** Takes the next piece of text and gives out what became complete with it. */
  push(chunk: string): ResponseEvent[] {
    const events: ResponseEvent[] = [];
    let index = 0;
    while (index < chunk.length) {
      index = this.#inRows ? this.#readRows(chunk, index, events) : this.#readFrame(chunk, index, events);
    }
    return events;
  }

  /**
   * The text is complete: the frame, parsed.
   * @throws SyntaxError when the text is no JSON, for example because it was cut off.
   */
  finish(): unknown {
    return parseResponse(this.#frame);
  }

  /** One character; true when it stands outside of strings and is no quote. */
  #isStructure(code: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (code === BACKSLASH) this.#escaped = true;
      else if (code === QUOTE) this.#inString = false;
      return false;
    }
    if (code !== QUOTE) return true;
    this.#inString = true;
    return false;
  }

  /** Reads until the chunk or the frame ends, where a list of rows begins. */
  #readFrame(chunk: string, from: number, events: ResponseEvent[]): number {
    const base = this.#frame.length - from;
    this.#frame += chunk.slice(from);
    for (let index = from; index < chunk.length; index++) {
      const code = chunk.charCodeAt(index);
      const wasInString = this.#inString;
      if (!this.#isStructure(code)) {
        if (!wasInString) this.#stringStart = base + index + 1;
        else if (!this.#inString) this.#lastString = this.#frame.slice(this.#stringStart, base + index);
      } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
        this.#path.push(this.#lastString);
        this.#lastString = "";
        if (this.#path.length === 3) this.#resultStart = base + index;
        if (code === OPEN_ARRAY && this.#isRows()) {
          this.#frame = this.#frame.slice(0, base + index + 1);
          this.#beginRows(events);
          return index + 1;
        }
      } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
        this.#path.pop();
        if (this.#path.length === 2 && this.#path[1] === "results") {
          const text = this.#frame.slice(this.#resultStart, base + index + 1);
          events.push({ type: "result", result: parseResponse(text) as WireResult });
        }
      }
    }
    return chunk.length;
  }

  #isRows(): boolean {
    return this.#path.length === 4 && this.#path[1] === "results" && this.#path[3] === "rows";
  }

  #beginRows(events: ResponseEvent[]): void {
    const head = parseResponse(`${this.#frame.slice(this.#resultStart)}]}`) as WireResult;
    this.#schema = head.schema ?? [];
    this.#inRows = true;
    this.#rowDepth = 0;
    this.#pending = "";
    events.push({ type: "schema", schema: this.#schema });
  }

  /** Reads until the chunk or the list of rows ends. */
  #readRows(chunk: string, from: number, events: ResponseEvent[]): number {
    let complete = from;
    for (let index = from; index < chunk.length; index++) {
      const code = chunk.charCodeAt(index);
      if (!this.#isStructure(code)) continue;
      if (code === OPEN_ARRAY || code === OPEN_OBJECT) this.#rowDepth++;
      else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
        if (this.#rowDepth === 0) {
          this.#giveOut(chunk.slice(from, complete), events);
          this.#inRows = false;
          return index;
        }
        if (--this.#rowDepth === 0) complete = index + 1;
      }
    }
    if (complete > from) {
      this.#giveOut(chunk.slice(from, complete), events);
      this.#pending = chunk.slice(complete);
    } else {
      this.#pending += chunk.slice(from);
    }
    return chunk.length;
  }

  #giveOut(text: string, events: ResponseEvent[]): void {
    const rows = (this.#pending + text).trimStart();
    this.#pending = "";
    if (rows === "") return;
    const list = rows.charCodeAt(0) === COMMA ? rows.slice(1) : rows;
    events.push({ type: "rows", rows: parseRows(`[${list}]`, this.#schema) });
  }
}
