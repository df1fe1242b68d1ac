import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { KalamServer, ROOT_PASSWORD, SOURCE_LAUNCHER, serverEnvironment } from "../../bench/peers/kalam-server.ts";
import { Resources } from "../../bench/process/resources.ts";
import { FULL_SCALE, generateChat } from "../../examples/chat/generate.ts";
import { asUser } from "../../examples/chat/inserts.ts";
import { SqlClient } from "../../examples/chat/sql-client.ts";

const run = promisify(execFile);
const SCALE = { users: 5, conversations: 20, messages: 500, seed: 7 };
const SIZES = ["--users", "5", "--conversations", "20", "--messages", "500", "--seed", "7"];

const example = (file: string): string => fileURLToPath(new URL(`../../examples/chat/${file}`, import.meta.url));

describe("the data of the chat example", () => {
  const users = [...generateChat(SCALE)];

  it("has exactly the size that was asked for, with distinct keys", () => {
    const messages = users.flatMap((user) => user.messages);
    expect(users).to.have.length(5);
    expect(users.flatMap((user) => user.conversations)).to.have.length(20);
    expect(messages).to.have.length(500);
    for (const user of users) {
      expect(new Set(user.messages.map(({ conversationId, id }) => `${conversationId}/${id}`)).size).to.equal(
        user.messages.length,
      );
    }
  });

  it("is the same for the same seed and another for another", () => {
    expect([...generateChat(SCALE)]).to.deep.equal(users);
    expect([...generateChat({ ...SCALE, seed: 8 })]).not.to.deep.equal(users);
  });

  it("has messages as long as real ones at full scale", () => {
    const lengths: number[] = [];
    for (const user of generateChat(FULL_SCALE)) for (const { body } of user.messages) lengths.push(body.length);
    lengths.sort((a, b) => a - b);
    expect(lengths).to.have.length(100_000);
    expect(lengths[50_000]).to.be.within(50, 70);
    expect(lengths[90_000]).to.be.above(250);
  });
});

describe("the chat example against a server", function () {
  this.timeout(120_000);
  const resources = new Resources();
  let server: KalamServer;
  let client: SqlClient;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    const home = await resources.folder(tmpdir(), "kalamdb-test-");
    env = serverEnvironment({ home });
    server = await KalamServer.start(resources, { launcher: SOURCE_LAUNCHER, dataDir: `${home}/data`, home });
    client = await server.login();
  });

  after(() => resources.close());

  const users = [...generateChat(SCALE)];
  const access = (): string[] => ["--url", server.url, "--user", "root", "--password", ROOT_PASSWORD];
  const load = (...more: string[]) =>
    run(process.execPath, ["--import", "tsx", example("load.ts"), ...access(), ...SIZES, ...more], { env });

  it("loads, counts, and says what it did", async () => {
    const { stdout } = await load();
    expect(stdout).to.match(/chat\.messages +500 rows/);
    expect(stdout).to.match(/of 5 users in .* rows\/s/);
    expect(stdout).to.include("All counts are right");
    expect(stdout).to.include(
      `Some of the users: ${users
        .map(({ id }) => id)
        .sort()
        .join(", ")}`,
    );
    const command = /^ {2}npx kalam -c "(.*)"$/m.exec(stdout)?.[1] ?? "";
    const looked = await run(process.execPath, [...SOURCE_LAUNCHER, ...access(), "-c", command], { env });
    expect(looked.stdout).to.include("(10 rows)");
  });

  it("gave every user their rows, unharmed, and no others", async () => {
    for (const user of generateChat(SCALE)) {
      const [result] = await client.run(
        asUser(user.id, "SELECT conversation_id, id, body, metadata FROM chat.messages ORDER BY id, conversation_id"),
      );
      const written = user.messages
        .map((message) => [String(message.conversationId), String(message.id), message.body, message.metadata])
        .sort((a, b) => Number(BigInt(a[1] ?? 0) - BigInt(b[1] ?? 0)) || Number(BigInt(a[0] ?? 0) - BigInt(b[0] ?? 0)));
      expect(result?.rows).to.deep.equal(written);
    }
    expect(Number(await client.value("SELECT count(*) FROM chat.messages"))).to.equal(0);
  });

  it("refuses to load over it, and starts again with --fresh", async () => {
    const refusal = await load().then(
      () => "",
      (error: { stderr: string }) => error.stderr,
    );
    expect(refusal).to.include("--fresh");
    expect((await load("--fresh")).stdout).to.include("All counts are right");
  });

  it("makes users who can log in", async () => {
    await load("--fresh", "--logins", "chat-Pass-1");
    const [first] = generateChat(SCALE);
    if (first === undefined) throw new Error("no users");
    const own = await SqlClient.login(server.url, first.id, "chat-Pass-1");
    expect(Number(await own.value("SELECT count(*) FROM chat.messages"))).to.equal(first.messages.length);
  });

  it("is toured by a script, as often as one likes", async () => {
    for (let time = 0; time < 2; time++) {
      const { stdout } = await run(process.execPath, [...SOURCE_LAUNCHER, ...access(), "--file", example("tour.sql")], {
        env,
      });
      expect(stdout).to.include("Trip to Lisbon");
      expect(stdout).to.include("Football on Sunday");
      expect(stdout).to.include("Remember the milk");
    }
  });
});
