import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type CredentialsConfig, createCredentials, credentialsConfig } from "../../../src/parts/credentials/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "toolgate-secret-"));
  folders.push(made);
  return made;
}

function create(secrets: CredentialsConfig, environment: Record<string, string | undefined> = {}) {
  const clock = manualClock(1_000_000);
  return { clock, environment, credentials: createCredentials({ secrets, environment, clock }) };
}

const company = { mode: "company", secret: "crm", header: "Authorization", prefix: "Bearer " } as const;

describe("a credential", () => {
  it("of mode none has no headers", async () => {
    expect(await create({}).credentials.headersFor({ mode: "none" })).toEqual({ ok: true, value: {} });
  });

  it("of the company is the secret under its header, with its prefix", async () => {
    const { credentials } = create({ crm: { env: "CRM_KEY" } }, { CRM_KEY: "k-123456" });
    expect(await credentials.headersFor(company)).toEqual({ ok: true, value: { authorization: "Bearer k-123456" } });
  });

  it("is the same object as long as the secret is the same", async () => {
    const { credentials, environment } = create({ crm: { env: "CRM_KEY" } }, { CRM_KEY: "k-123456" });
    const first = await credentials.headersFor(company);
    expect((await credentials.headersFor({ ...company })) as unknown).toEqual(first);
    const again = await credentials.headersFor(company);
    expect(first.ok && again.ok && first.value === again.value).toBe(true);
    environment.CRM_KEY = "k-654321";
    expect(await credentials.headersFor(company)).toEqual({ ok: true, value: { authorization: "Bearer k-654321" } });
  });

  it.each([
    ["in no configuration", {}, {}],
    ["in a variable that is not set", { crm: { env: "CRM_KEY" } }, {}],
    ["in an empty variable", { crm: { env: "CRM_KEY" } }, { CRM_KEY: "" }],
    ["in a variable with nothing but a newline", { crm: { env: "CRM_KEY" } }, { CRM_KEY: "\n" }],
    ["in a variable with two lines", { crm: { env: "CRM_KEY" } }, { CRM_KEY: "k-1\r\nx-admin: yes" }],
    ["in a file that does not exist", { crm: { file: "/nowhere/at/all" } }, {}],
  ] as [string, CredentialsConfig, Record<string, string>][])(
    "whose secret is %s is missing, and the refusal names it",
    async (_name, secrets, environment) => {
      const found = await create(secrets, environment).credentials.headersFor(company);
      expect(found).toMatchObject({ ok: false, error: { code: "upstream.no_credential", detail: expect.stringContaining('"crm"') } });
      expect(JSON.stringify(found)).not.toContain("k-1");
    },
  );

  it("from a file loses the newline at its end and is read again when the file changes, at most once a second", async () => {
    const file = join(folder(), "key");
    writeFileSync(file, "first-value\n");
    const { credentials, clock } = create({ crm: { file } });
    const header = async () => {
      const found = await credentials.headersFor(company);
      return found.ok ? found.value.authorization : found.error.code;
    };
    expect(await header()).toBe("Bearer first-value");
    writeFileSync(file, "second-value\n");
    utimesSync(file, 5, 5);
    clock.advance(999);
    expect(await header()).toBe("Bearer first-value");
    clock.advance(1);
    expect(await header()).toBe("Bearer second-value");
    rmSync(file);
    clock.advance(1_000);
    expect(await header()).toBe("upstream.no_credential");
  });
});

describe("scrubbing", () => {
  it("takes out every value that a secret has or had, also before it was first used", async () => {
    const { credentials, environment } = create(
      { crm: { env: "CRM_KEY" }, pay: { env: "PAY_KEY" } },
      { CRM_KEY: "old-crm-key", PAY_KEY: 'pay"key"1' },
    );
    environment.CRM_KEY = "new-crm-key";
    await credentials.headersFor(company);
    const text = `a old-crm-key b new-crm-key c pay"key"1 ${JSON.stringify('pay"key"1')}`;
    expect(credentials.scrub(text)).toBe('a [secret] b [secret] c [secret] "[secret]"');
  });

  it("leaves a text without secrets as it is", () => {
    expect(create({ crm: { env: "CRM_KEY" } }, { CRM_KEY: "abc" }).credentials.scrub("abc alphabet")).toBe("abc alphabet");
  });
});

describe("the configuration of secrets", () => {
  it.each([
    [{ crm: "k-123456" }],
    [{ crm: { value: "k" } }],
    [{ crm: { env: "A", file: "/b" } }],
    [{ crm: { file: "relative" } }],
    [{ CRM: { env: "A" } }],
  ])("refuses %j", (secrets) => {
    expect(credentialsConfig.safeParse(secrets).success).toBe(false);
  });
});
