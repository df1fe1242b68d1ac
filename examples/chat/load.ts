import { parseArgs } from "node:util";
import { connect } from "./connect.ts";
import { FULL_SCALE } from "./generate.ts";
import { asUser } from "./inserts.ts";
import { type LoadReport, loadChat } from "./loader.ts";

const HELP = `Loads the data of a chat application into a running KalamDB.

  npm run example:chat -- [options]

  --url URL            the server                                  (http://localhost:8080)
  --user U             who writes; needs the role dba or system    (root)
  --password P         or KALAMDB_PASSWORD; without one, what \`kalam\` keeps for this machine is used
  --token JWT          instead of a user and a password
  --users N            (${FULL_SCALE.users})
  --conversations N    (${FULL_SCALE.conversations})
  --messages N         (${FULL_SCALE.messages})
  --seed N             the same seed gives the same data           (${FULL_SCALE.seed})
  --connections N      requests at a time                          (8)
  --batch N            rows in one INSERT                          (100)
  --logins PASSWORD    also create the users, all with this password
  --fresh              drop the tables of an earlier load first
`;

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    user: { type: "string" },
    password: { type: "string" },
    token: { type: "string" },
    users: { type: "string", default: String(FULL_SCALE.users) },
    conversations: { type: "string", default: String(FULL_SCALE.conversations) },
    messages: { type: "string", default: String(FULL_SCALE.messages) },
    seed: { type: "string", default: String(FULL_SCALE.seed) },
    connections: { type: "string", default: "8" },
    batch: { type: "string", default: "100" },
    logins: { type: "string" },
    fresh: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

function whole(flag: string, text: string, least = 1): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < least)
    throw new Error(`--${flag}: ${text} is not a whole number from ${least} up`);
  return number;
}

function show({ rows, users, requests, slowedDown, seconds }: LoadReport): void {
  for (const [table, count] of rows) console.log(`  ${table.padEnd(20)} ${String(count).padStart(8)} rows`);
  const total = [...rows.values()].reduce((a, b) => a + b, 0);
  const pace = `${Math.round(total / seconds)} rows/s`;
  console.log(
    `Loaded ${total} rows of ${users.length} users in ${seconds.toFixed(1)} s: ${pace}, ${requests} requests.`,
  );
  if (slowedDown > 0) {
    console.log(
      `The server's rate limit slowed the load down ${slowedDown} times (KALAMDB_RATE_LIMIT_MAX_QUERIES_PER_SEC).`,
    );
  }
  console.log("All counts are right.");
  const [first] = users;
  if (first === undefined) return;
  const query = asUser(first, "SELECT sender, body FROM chat.messages ORDER BY created_at DESC LIMIT 10");
  console.log(`Some of the users: ${users.slice(0, 5).join(", ")}`);
  console.log(`The newest messages of one:\n  npx kalam -c "${query}"`);
}

async function main(): Promise<void> {
  if (values.help) {
    console.log(HELP);
    return;
  }
  const scale = {
    users: whole("users", values.users),
    conversations: whole("conversations", values.conversations),
    messages: whole("messages", values.messages),
    seed: whole("seed", values.seed, 0),
  };
  const { client, url, user } = await connect(values);
  console.log(`Loading into ${url} as ${user}`);
  const report = await loadChat(client, {
    scale,
    connections: whole("connections", values.connections),
    rowsPerInsert: whole("batch", values.batch),
    fresh: values.fresh,
    loginPassword: values.logins,
    log: (line) => console.log(line),
  });
  show(report);
}

main().catch((error: unknown) => {
  console.error(`Error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
