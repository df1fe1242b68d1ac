import { expect } from "chai";
import { decodeJwt, SignJWT } from "jose";
import { ManualClock } from "../../src/runtime/clock.ts";
import { type Harness, SECRET, startHttp } from "./http-harness.ts";

const PASSWORD = "good-enough-1";

describe("/v1/api/auth", () => {
  let http: Harness;
  let clock: ManualClock;

  beforeEach(async () => {
    clock = new ManualClock();
    http = await startHttp({}, clock);
    await http.accounts.bootstrapRoot(undefined);
  });
  afterEach(() => http.close());

  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Record<string, unknown>; cookies: string[]; headers: Headers }> {
    const response = await fetch(`${http.url}/v1/api/auth/${path}`, {
      method,
      headers: { "Content-Type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return {
      status: response.status,
      body: (await response.json()) as Record<string, unknown>,
      cookies: response.headers.getSetCookie(),
      headers: response.headers,
    };
  }

  const setup = { user: "boss", password: PASSWORD, root_password: "root-enough-1" };

  async function logIn(headers: Record<string, string> = {}) {
    await call("POST", "setup", setup);
    return call("POST", "login", { user: "boss", password: PASSWORD }, headers);
  }

  it("sets up once", async () => {
    expect((await call("GET", "status")).body).to.deep.equal({
      needs_setup: true,
      message:
        "Server requires initial setup. Call POST /v1/api/auth/setup with user, password, root_password, and optional email.",
    });
    expect(await call("POST", "login", { user: "root", password: "" })).to.deep.include({
      status: 428,
      body: {
        error: "setup_required",
        message: "Server requires initial setup. Root password is not configured.",
      },
    });
    expect((await call("POST", "login", { user: "root", password: "x" })).status).to.equal(401);
    const wrong: [object, number, string][] = [
      [{ ...setup, user: "root" }, 400, "invalid_user"],
      [{ ...setup, password: "short" }, 400, "weak_password"],
      [{ ...setup, extra: 1 }, 400, "invalid_input"],
    ];
    for (const [body, status, slug] of wrong) {
      const answer = await call("POST", "setup", body);
      expect([answer.status, answer.body.error]).to.deep.equal([status, slug]);
    }
    const done = await call("POST", "setup", { ...setup, email: "b@x.y" });
    expect(done.status).to.equal(200);
    expect(done.body.message).to.equal(
      "Server setup complete. Root password configured and DBA user 'boss' created. Please login to continue.",
    );
    expect(done.body.user).to.deep.equal({
      id: "boss",
      role: "dba",
      email: "b@x.y",
      created_at: "2026-01-01T00:00:00+00:00",
      updated_at: "2026-01-01T00:00:00+00:00",
    });
    expect((await call("GET", "status")).body).to.deep.equal({
      needs_setup: false,
      message: "Server is configured and ready.",
    });
    expect(await call("POST", "setup", setup)).to.deep.include({
      status: 409,
      body: {
        error: "already_configured",
        message: "Server has already been configured. Root password is set.",
      },
    });
  });

  it("lets setup and its status be reached from this machine only", async () => {
    const remote = { "X-Forwarded-For": "203.0.113.9" };
    expect(await call("GET", "status", undefined, remote)).to.deep.include({
      status: 403,
      body: { error: "forbidden", message: "Setup status can only be checked from localhost" },
    });
    expect(await call("POST", "setup", setup, remote)).to.deep.include({
      status: 403,
      body: { error: "forbidden", message: "Server setup can only be performed from localhost" },
    });
    expect((await call("GET", "status", undefined, { "X-Forwarded-For": "127.0.0.1" })).status).to.equal(200);
  });

  it("logs in with tokens, times and cookies", async () => {
    const { status, body, cookies } = await logIn();
    expect(status).to.equal(200);
    expect(Object.keys(body)).to.deep.equal([
      "user",
      "admin_ui_access",
      "expires_at",
      "access_token",
      "refresh_token",
      "refresh_expires_at",
    ]);
    expect(body.admin_ui_access).to.equal(true);
    expect(body.expires_at).to.equal("2026-01-02T00:00:00+00:00");
    expect(body.refresh_expires_at).to.equal("2026-01-08T00:00:00+00:00");
    expect(decodeJwt(String(body.access_token))).to.deep.equal({
      sub: "boss",
      iss: "kalamdb",
      exp: 1_767_312_000,
      iat: 1_767_225_600,
      email: null,
      role: "dba",
      token_type: "access",
    });
    expect(cookies).to.deep.equal([
      `kalamdb_auth=${body.access_token}; Path=/; HttpOnly; SameSite=Strict; Expires=Fri, 02 Jan 2026 00:00:00 GMT`,
      `kalamdb_refresh=${body.refresh_token}; Path=/; HttpOnly; SameSite=Strict; Expires=Thu, 08 Jan 2026 00:00:00 GMT`,
    ]);
    const https = await logIn({ "X-Forwarded-Proto": "https" });
    expect(https.cookies[0]).to.include("; Secure; ");
    expect((await call("POST", "login", { username: "boss", password: PASSWORD })).status).to.equal(200);
  });

  it("refuses logins that are wrong or malformed, without repeating the password", async () => {
    await call("POST", "setup", setup);
    const cases: [unknown, number, string, string | undefined][] = [
      [{ user: "boss", password: "no" }, 401, "unauthorized", "Invalid credentials"],
      [{ user: "who", password: "no" }, 401, "unauthorized", "Invalid credentials"],
      [
        { user: "boss", password: PASSWORD, more: 1 },
        400,
        "invalid_input",
        "Invalid JSON payload: unknown field `more`",
      ],
      [{ user: "boss" }, 400, "invalid_input", "Invalid JSON payload: missing field `password`"],
      [{ user: "u".repeat(129), password: "x" }, 400, "invalid_input", undefined],
      [{ user: "u", password: "x".repeat(257) }, 400, "invalid_input", undefined],
      ['{"user":"boss","password":"hunter2', 400, "invalid_input", undefined],
      ["[]", 400, "invalid_input", undefined],
      [`{"user":"${"x".repeat(70_000)}"}`, 413, "BODY_TOO_LARGE", undefined],
    ];
    for (const [body, status, slug, message] of cases) {
      const answer = await call("POST", "login", body);
      expect([answer.status, answer.body.error], JSON.stringify(answer.body)).to.deep.equal([status, slug]);
      if (message !== undefined) expect(answer.body.message).to.equal(message);
      expect(JSON.stringify(answer.body)).not.to.include("hunter2");
    }
  });

  it("reads a body whose length is not announced, and no more of it than is allowed", async () => {
    await call("POST", "setup", setup);
    const post = async (chunks: readonly string[]) => {
      const body = new Blob([...chunks]).stream();
      const response = await fetch(`${http.url}/v1/api/auth/login`, {
        method: "POST",
        body,
        duplex: "half",
      } as RequestInit);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const answer = await post(['{"user":"boss",', `"password":"${PASSWORD}"}`]);
    expect([answer.status, answer.body.error]).to.deep.equal([200, undefined]);
    expect((await post(Array.from({ length: 3 }, () => "x".repeat(30_000)))).status).to.equal(413);
  });

  it("locks after five wrong passwords", async () => {
    await call("POST", "setup", setup);
    for (let i = 0; i < 5; i++) await call("POST", "login", { user: "boss", password: "no" });
    expect(await call("POST", "login", { user: "boss", password: PASSWORD })).to.deep.include({
      status: 401,
      body: {
        error: "account_locked",
        message: "The account is locked after too many wrong passwords: try again in 15 minute(s)",
      },
    });
  });

  it("refreshes by cookie or header, and only with a refresh token", async () => {
    const { body } = await logIn();
    const { access_token: access, refresh_token: refresh } = body as { access_token: string; refresh_token: string };
    clock.advance(1000);
    const byHeader = await call("POST", "refresh", undefined, { Authorization: `Bearer ${refresh}` });
    expect(byHeader.status).to.equal(200);
    expect(byHeader.body.access_token).not.to.equal(access);
    expect(byHeader.cookies.length).to.equal(2);
    const byCookie = await call("POST", "refresh", undefined, {
      Cookie: `other=1; kalamdb_refresh=${refresh}`,
      Authorization: "Bearer broken",
    });
    expect(byCookie.status).to.equal(200);
    expect(await call("POST", "refresh", undefined, { Authorization: `Bearer ${access}` })).to.deep.include({
      status: 401,
      body: { error: "unauthorized", message: "Refresh endpoint requires a refresh token" },
    });
    expect((await call("POST", "refresh")).status).to.equal(401);
    await http.accounts.alter(
      { userId: "root", role: "system" },
      { kind: "alter_user", user: "boss", change: { type: "role", role: "service" } },
    );
    expect((await call("POST", "refresh", undefined, { Authorization: `Bearer ${refresh}` })).body.message).to.equal(
      "Token role does not match user role",
    );
  });

  it("tells who one is and logs out", async () => {
    const { body } = await logIn();
    const me = await call("GET", "me", undefined, { Cookie: `kalamdb_auth=${body.access_token}` });
    expect(me.body).to.deep.equal({ user: body.user, admin_ui_access: true });
    expect((await call("GET", "me")).status).to.equal(401);
    const out = await call("POST", "logout");
    expect(out.body).to.deep.equal({ message: "Logged out successfully" });
    for (const cookie of out.cookies) expect(cookie).to.include("Expires=Thu, 01 Jan 1970 00:00:00 GMT");
  });

  it("slows down whoever guesses", async () => {
    const answers = [];
    for (let i = 0; i < 25; i++) answers.push(await call("POST", "login", { nonsense: 1 }));
    expect(answers[19]?.status).to.equal(400);
    expect(answers[20]).to.deep.include({
      status: 429,
      body: { error: "rate_limited", message: "Too many authentication attempts. Please retry shortly." },
    });
    expect(answers[20]?.headers.get("retry-after")).to.equal("1");
  });

  describe("tokens on /v1/api/sql", () => {
    beforeEach(() => http.executor.answers.set("w", () => []));

    async function refused(as: string): Promise<unknown[]> {
      const { status, body, text } = await http.sql("w", { as });
      expect(text).to.match(
        /^\{"status":"error","error":\{"code":"\w+","message":"[\w ]+"\},"results":\[\],"took":[\d.]+\}$/,
      );
      const error = body.error as { code: string; message: string };
      return [status, error.code, error.message];
    }

    const forge = (claims: Record<string, unknown>, secret = SECRET) =>
      new SignJWT({ sub: "ann", iss: "kalamdb", exp: 1_767_312_000, role: "user", token_type: "access", ...claims })
        .setProtectedHeader({ alg: "HS256" })
        .sign(new TextEncoder().encode(secret));

    it("refuses what is missing, malformed, forged, foreign or of another kind", async () => {
      await http.bearer("ann");
      expect((await http.sql("w", { as: `Bearer ${await forge({})}` })).status).to.equal(200);
      const invalid = [401, "INVALID_CREDENTIALS", "Invalid credentials"];
      expect(await refused("")).to.deep.equal([401, "MISSING_AUTHORIZATION", "Authentication required"]);
      expect(await refused("Basic cm9vdDp4")).to.deep.equal(invalid);
      expect(await refused("Bearer x.y.z")).to.deep.equal(invalid);
      const unsigned = `${btoa('{"alg":"none"}')}.${btoa('{"sub":"ann"}')}.`;
      expect(await refused(`Bearer ${unsigned}`)).to.deep.equal(invalid);
      for (const token of [
        await forge({}, "another-secret-another-secret-ab"),
        await forge({ token_type: "refresh" }),
        await forge({ iss: "evil" }),
        await forge({ sub: "nobody" }),
        await forge({ role: "system" }),
        await forge({ iat: 1_767_225_600 + 120 }),
      ]) {
        expect(await refused(`Bearer ${token}`)).to.deep.equal(invalid);
      }
    });

    it("ends with the time of the token, remembered or not", async () => {
      const as = await http.bearer("ann");
      expect((await http.sql("w", { as })).status).to.equal(200);
      clock.advance(24 * 3600 * 1000 + 59_000);
      expect((await http.sql("w", { as })).status).to.equal(200);
      clock.advance(2000);
      expect(await refused(as)).to.deep.equal([401, "TOKEN_EXPIRED", "Invalid credentials"]);
    });

    it("ends when the role changes or the account is dropped, though it was remembered", async () => {
      const root = { userId: "root", role: "system" } as const;
      const ann = await http.bearer("ann");
      const bob = await http.bearer("bob");
      expect((await http.sql("w", { as: ann })).status).to.equal(200);
      expect((await http.sql("w", { as: bob })).status).to.equal(200);
      expect(http.tokens.recall(ann)).to.deep.equal({ userId: "ann", role: "user" });
      await http.accounts.alter(root, { kind: "alter_user", user: "ann", change: { type: "role", role: "dba" } });
      expect(http.tokens.recall(ann)).to.equal(undefined);
      expect(http.tokens.recall(bob)).to.deep.equal({ userId: "bob", role: "user" });
      expect(await refused(ann)).to.deep.equal([401, "INVALID_CREDENTIALS", "Invalid credentials"]);
      await http.accounts.drop(root, { kind: "drop_user", user: "bob", ifExists: false });
      expect(await refused(bob)).to.deep.equal([401, "INVALID_CREDENTIALS", "Invalid credentials"]);
    });

    it("takes no cookies", async () => {
      const token = (await http.bearer("ann")).slice("Bearer ".length);
      const response = await fetch(`${http.url}/v1/api/sql`, {
        method: "POST",
        headers: { Cookie: `kalamdb_auth=${token}` },
        body: '{"sql":"w"}',
      });
      expect(response.status).to.equal(401);
    });
  });
});
