import { expect } from "chai";
import fc from "fast-check";
import { isPart } from "../../../src/drivers/objects/object-store.ts";
import { compileTemplate } from "../../../src/engine/storages/path-template.ts";
import { userFolder } from "../../../src/engine/storages/user-folder.ts";
import { KalamError } from "../../../src/errors/index.ts";

const USER = "{namespace}/{tableName}/{userId}";
const SHARED = "{namespace}/{tableName}";

describe("path templates", () => {
  it("say where the files of a partition are", () => {
    const place = { namespace: "app", tableName: "messages", userId: "alice" };
    expect(compileTemplate(USER, "user").folder(place)).to.equal("app/messages/alice");
    expect(compileTemplate(`${SHARED}/`, "shared").folder({ ...place, userId: "" })).to.equal("app/messages");
    const long = compileTemplate("v1/ns-{namespace}/{tableName}.d/{shard}/u_{userId}/cold", "user");
    expect(long.folder(place)).to.match(/^v1\/ns-app\/messages\.d\/[0-9a-f]{2}\/u_alice\/cold$/);
    expect(long.tableFolder(place)).to.equal("v1/ns-app/messages.d");
  });

  const broken: [string, "user" | "shared", string][] = [
    ["", "shared", "relative"],
    [`/${SHARED}`, "shared", "relative"],
    [`${SHARED}//x`, "shared", "relative"],
    [`../${SHARED}`, "shared", "elsewhere"],
    [`./${SHARED}`, "shared", "elsewhere"],
    ["{tableName}", "shared", "{namespace}"],
    ["{namespace}", "shared", "{tableName}"],
    ["{tableName}/{namespace}", "shared", "in this order"],
    ["{namespace}/{namespace}/{tableName}", "shared", "each once"],
    ["{namespace}{tableName}", "shared", "only one"],
    ["{namespace}-{tableName}", "shared", "only one"],
    [USER, "shared", "{namespace}, {tableName}, each"],
    [SHARED, "user", "{userId}"],
    ["{namespace}/{tableName}/{userId}/{shard}", "user", "[{shard}]"],
    ["{namespace}/{tableName}/{name}/{userId}", "user", "{name}"],
    ["{namespace}/{tableName}/{user", "shared", "only one"],
    ["{namespace}/ä/{tableName}", "shared", "letters"],
    ["{namespace}/a b/{tableName}", "shared", "letters"],
    ["{namespace}/a\\b/{tableName}", "shared", "letters"],
    [`${"x".repeat(65)}/${SHARED}`, "shared", "64"],
    [`${"x/".repeat(150)}${SHARED}`, "shared", "256"],
  ];
  for (const [text, kind, reason] of broken) {
    it(`refuse '${text.slice(0, 50)}' for ${kind} tables`, () => {
      expect(() => compileTemplate(text, kind))
        .to.throw(KalamError, reason)
        .with.property("key", "invalid_option");
    });
  }

  it("know which can be used side by side", () => {
    const user = (text: string) => compileTemplate(text, "user");
    const shared = (text: string) => compileTemplate(text, "shared");
    const cases = [
      [shared(SHARED), user(USER), true],
      [shared(`a/${SHARED}`), user(`b/${USER}`), true],
      [shared(`A/${SHARED}`), user(`a/${USER}`), true],
      [shared("{namespace}/shared/{tableName}"), user("{namespace}/user/{tableName}/{userId}"), true],
      [shared(SHARED), user("{namespace}/x/{tableName}/{userId}"), false],
      [shared(SHARED), user(`x/${USER}`), false],
      [shared(SHARED), user(`x-2/${USER}`), true],
      [shared("s-{namespace}/{tableName}"), user("u-{namespace}/{tableName}/{userId}"), true],
      [shared("s{namespace}/{tableName}"), user("{namespace}/{tableName}/{userId}"), false],
      [user(USER), user(USER.toUpperCase().replace(/\{.*\}/, USER)), true],
      [user(USER), user("{namespace}/{tableName}/{shard}/{userId}"), false],
      [user(USER), user("{namespace}/{tableName}/~2/{userId}"), true],
      [shared(SHARED), shared(`${SHARED}/cold`), false],
    ] as const;
    for (const [a, b, compatible] of cases) {
      expect(a.isCompatibleWith(b), `${a.text} and ${b.text}`).to.equal(compatible);
      expect(b.isCompatibleWith(a), `${b.text} and ${a.text}`).to.equal(compatible);
    }
  });
});

describe("folders of users", () => {
  it("keep what a path can hold and write the rest as numbers", () => {
    expect(userFolder("alice_1@example.com")).to.equal("alice_1@example.com");
    expect(userFolder("Bob/2")).to.equal("+bob%2f2");
    expect(userFolder("..")).to.equal("%2e.");
    expect(userFolder("é \0~%+")).to.equal("%c3%a9%20%00%7e%25%2b");
    expect(userFolder("x".repeat(500))).to.match(/^x{40}~[0-9a-f]{64}$/);
  });

  it("are parts of a path, one for each user, also where large and small letters are one", () => {
    const user = fc.oneof(
      fc.string({ minLength: 1, unit: "grapheme" }),
      fc.string({
        minLength: 1,
        maxLength: 6,
        unit: fc.constantFrom("a", "A", "+", "%", "4", "1", ".", "~", "/", "_"),
      }),
      fc.string({ minLength: 100, maxLength: 140, unit: fc.constantFrom("a", "A") }),
    );
    fc.assert(
      fc.property(user, user, (a, b) => {
        expect(isPart(userFolder(a)), userFolder(a)).to.equal(true);
        if (a !== b) expect(userFolder(a).toLowerCase()).to.not.equal(userFolder(b).toLowerCase());
      }),
    );
  });
});
