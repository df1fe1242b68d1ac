import { SeededRandom } from "../../src/runtime/random.ts";
import { apportion } from "./apportion.ts";
import { assistantText, chance, logNormal, personText, pick } from "./text.ts";
import { FIRST_NAMES, LAST_NAMES, MODELS, THOUGHTS, TOPICS } from "./vocabulary.ts";

export interface ChatScale {
  readonly users: number;
  readonly conversations: number;
  readonly messages: number;
  /** The same seed and sizes give the same data, byte for byte. */
  readonly seed: number;
}

export const FULL_SCALE: ChatScale = { users: 200, conversations: 2_000, messages: 100_000, seed: 1 };

/** Times are milliseconds since 1970 here. */
export interface Conversation {
  readonly id: bigint;
  readonly title: string;
  readonly kind: "direct" | "group" | "assistant";
  readonly model: string | null;
  readonly createdAt: number;
  readonly lastMessageAt: number;
}

export interface Message {
  readonly conversationId: bigint;
  readonly id: bigint;
  readonly sender: string;
  readonly role: "user" | "assistant";
  readonly body: string;
  readonly createdAt: number;
  readonly metadata: string | null;
}

export interface Presence {
  readonly status: string;
  readonly device: string;
}

export interface Typing {
  readonly conversationId: bigint;
  readonly who: string;
}

export interface Thinking {
  readonly conversationId: bigint;
  readonly step: number;
  readonly thought: string;
}

/** Everything that one user owns. */
export interface ChatUser {
  readonly id: string;
  readonly conversations: readonly Conversation[];
  readonly messages: readonly Message[];
  readonly presence: readonly Presence[];
  readonly typing: readonly Typing[];
  readonly thinking: readonly Thinking[];
}

const SNOWFLAKE_EPOCH = Date.UTC(2024, 0, 1);
const FIRST_DAY = Date.UTC(2026, 0, 5, 7);
const PERIOD_MILLIS = 90 * 24 * 3600 * 1000;
const DEVICES = ["ios", "android", "web", "desktop"];

/**
 * The users one after another, so that the whole set is never in memory.
 *
 * Few users write much and most write little; the same goes for conversations (both log-normal). Two in five
 * conversations are with an assistant, whose answers are long; the rest are between people.
 */
export function* generateChat(scale: ChatScale): Generator<ChatUser> {
  const shape = new SeededRandom(scale.seed);
  const userWeights = Array.from({ length: scale.users }, () => logNormal(shape, 1, 0.8));
  const conversationsOf = apportion(scale.conversations, userWeights);
  const conversationWeights = Array.from({ length: scale.conversations }, () => logNormal(shape, 1, 0.9));
  const messagesOf = apportion(scale.messages, conversationWeights);

  let next = 0;
  for (const [index, count] of conversationsOf.entries()) {
    yield generateUser(scale, index, messagesOf.slice(next, next + count));
    next += count;
  }
}

export function userId(seed: number, index: number): string {
  const random = new SeededRandom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  return `${pick(random, FIRST_NAMES)}_${pick(random, LAST_NAMES)}_${String(index + 1).padStart(3, "0")}`;
}

function generateUser(scale: ChatScale, index: number, messageCounts: readonly number[]): ChatUser {
  const { seed } = scale;
  const random = new SeededRandom(Math.imul(seed + 1, 0x27d4eb2f) ^ Math.imul(index + 1, 0x165667b1));
  const id = userId(seed, index);
  const ids = new Ids(index);
  const conversations: Conversation[] = [];
  const messages: Message[] = [];
  const typing: Typing[] = [];
  const thinking: Thinking[] = [];

  for (const count of messageCounts) {
    const createdAt = FIRST_DAY + random.below(PERIOD_MILLIS);
    const conversationId = ids.at(createdAt);
    const kind = chance(random, 40) ? "assistant" : chance(random, 30) ? "group" : "direct";
    const model = kind === "assistant" ? pick(random, MODELS).name : null;
    const others = Array.from({ length: kind === "group" ? 4 : 1 }, () => userId(seed, random.below(scale.users)));
    let at = createdAt;
    for (let n = 0; n < count; n++) {
      const answers = model !== null && n % 2 === 1;
      at += Math.ceil(logNormal(random, answers ? 4_000 : 45_000, 1));
      messages.push({
        conversationId,
        id: ids.at(at),
        sender: answers ? model : model === null && chance(random, 50) ? pick(random, others) : id,
        role: answers ? "assistant" : "user",
        body: answers ? assistantText(random) : personText(random),
        createdAt: at,
        metadata: answers ? answerMetadata(random, model) : personMetadata(random),
      });
    }
    const title = `${pick(random, TOPICS)} ${conversations.length + 1}`;
    conversations.push({ id: conversationId, title, kind, model, createdAt, lastMessageAt: at });
    if (model === null) typing.push({ conversationId, who: pick(random, others) });
    else for (const [step, thought] of THOUGHTS.entries()) thinking.push({ conversationId, step, thought });
  }

  const presence = Array.from({ length: 10 }, () => ({
    status: pick(random, ["online", "online", "away", "offline"]),
    device: pick(random, DEVICES),
  }));
  return { id, conversations, messages, presence, typing, thinking };
}

function answerMetadata(random: SeededRandom, model: string): string {
  const finish = chance(random, 96) ? "stop" : "length";
  return JSON.stringify({
    model,
    tokens: { prompt: 50 + random.below(4000), completion: 20 + random.below(900) },
    finish,
  });
}

function personMetadata(random: SeededRandom): string | null {
  if (!chance(random, 30)) return null;
  return JSON.stringify({ client: pick(random, DEVICES), edited: chance(random, 5) });
}

/** Ids as `SNOWFLAKE_ID()` would have made them at the time of the message; distinct within one user. */
class Ids {
  readonly #worker: bigint;
  #counter = 0;

  constructor(userIndex: number) {
    this.#worker = BigInt(userIndex % 1024);
  }

  at(millis: number): bigint {
    this.#counter = (this.#counter + 1) % 4096;
    return (BigInt(millis - SNOWFLAKE_EPOCH) << 22n) | (this.#worker << 12n) | BigInt(this.#counter);
  }
}
