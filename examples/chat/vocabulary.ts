/** The words that the example data is made of. Small on purpose: what counts is lengths, scripts and odd characters. */

export const FIRST_NAMES =
  "amal anna arjun bela chen dalia diego elif emma farid grace hana ivan jamal kaito lea lina marek mira nadia noor omar pia ravi rosa sami sofia tariq uma viktor wen yara zoe".split(
    " ",
  );

export const LAST_NAMES =
  "adler banerjee cruz diallo eriksen farah garcia haddad ito jensen kowalski lopez maier nakamura okafor petrov quinn rossi silva tanaka ueda varga wagner xu yilmaz zhang".split(
    " ",
  );

export const WORDS =
  "the a to and I you it is that of in for on we was have not with but can so be this just what do at if my me will your about they one there know time like how out up get when good think see now time really make from then been look some want go them did could would back still today tomorrow yesterday morning week meeting call train ticket dinner weather photo kids school work office project deadline budget review draft version release server query table index cache login password screen button design customer invoice contract team idea plan question answer reason problem example number list page file report summary change update test bug fix branch merge deploy morning coffee lunch music film book game trip flight hotel beach mountain garden kitchen recipe doctor birthday party present friend brother sister mother father dog cat money price cheap expensive early late maybe sure great nice sorry thanks please wait done ready soon never always sometimes probably actually exactly finally together somewhere everyone nothing something".split(
    " ",
  );

export const TOPICS =
  "holiday plans|quarterly report|the new flat|database migration|football on Sunday|recipe ideas|onboarding|invoice 2031|code review|birthday present|travel to Lisbon|release notes|garden|language practice|job interview|the broken build|running club|reading list|tax return|weekend".split(
    "|",
  );

/** Whole messages: the short ones that real chats are full of, and ones in other scripts. */
export const SHORT_MESSAGES = [
  "ok",
  "yes",
  "no",
  "haha",
  "thanks!",
  "on my way",
  "👍",
  "😂😂",
  "I'm late, sorry 🙈",
  "what's up?",
  "sí, claro",
  "ça marche, à demain",
  "Grüße aus Köln!",
  "да, конечно",
  "شكرا جزيلا",
  "أراك غدا إن شاء الله",
  "好的，明天见",
  "了解です！ありがとう",
  "고마워요 😊",
  "धन्यवाद, कल मिलते हैं",
  "תודה רבה",
  "👩‍👩‍👧‍👦 at the beach 🏖️",
] as const;

/** Appended to a message now and then. */
export const EMOJI = ["🙂", "🎉", "❤️", "🔥", "🤔", "🚀", "👀", "🙏🏽"] as const;

/** Paragraphs of an assistant that are not prose: quotes, backslashes, newlines and `$1` have to survive the way. */
export const CODE_BLOCKS = [
  '```ts\nconst answer = await client.query("SELECT body FROM chat.messages WHERE id = $1", [id]);\n```',
  "```sql\nSELECT sender, count(*) FROM chat.messages WHERE body LIKE '%it''s%' GROUP BY sender; -- by sender\n```",
  "```sh\ngrep -rn 'C:\\\\temp' . | awk '{print $1}'\n```",
  "1. Open the settings.\n2. Choose “Notifications”.\n3. Switch off *Sounds*.",
  "| step | cost |\n| --- | ---: |\n| parse | 0.4 µs |\n| commit | 210 µs |",
] as const;

export const THOUGHTS = [
  "reading the question",
  "searching earlier messages of the conversation",
  "comparing two possible answers",
  "checking the numbers",
  "writing a first draft",
  "making it shorter",
] as const;

export interface Model {
  readonly name: string;
  readonly provider: string;
  readonly contextTokens: number;
  readonly description: string;
}

export const MODELS: readonly Model[] = [
  { name: "sparrow-mini", provider: "Aviary", contextTokens: 32_000, description: "quick and cheap" },
  { name: "heron-2", provider: "Aviary", contextTokens: 200_000, description: "long documents" },
  { name: "cedar-8b", provider: "Grove", contextTokens: 128_000, description: "runs on one's own machine" },
];
