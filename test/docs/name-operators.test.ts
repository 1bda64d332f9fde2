import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { type Company, type Gate, house, issuer, startGate } from "../support/gate.ts";
import { blocksOf } from "./blocks.ts";

const run = promisify(execFile);
const blocks = blocksOf("docs/how-to/name-operators.md");
const textOf = (wanted: string) => blocks.find(({ language }) => language === wanted)?.text ?? "";

let gate: Gate;
beforeAll(async () => {
  const table = textOf("yaml").replaceAll("https://id.example.com", issuer);
  const { operators } = parse(table) as { readonly operators: NonNullable<Company["operators"]> };
  // The build reads the page's table as any company's.
  gate = await startGate({ company: { ...house, operators } });
}, 60_000);
afterAll(() => gate?.stop());

async function whoami(token: string): Promise<unknown> {
  const command = textOf("sh").replace("http://127.0.0.1:8081", gate.adminUrl);
  const { stdout } = await run("sh", ["-c", command], { env: { ...process.env, TOKEN: token.replace("Bearer ", "") } });
  return JSON.parse(stdout);
}

test("whom the page's table names is told its name and roles by the page's command", async () => {
  const token = await gate.token({ user: "ida", agent: "toolgate-cli", groups: ["security"] });
  expect(await whoami(token)).toMatchObject({ id: "security/ida", roles: ["operator", "auditor"] });
});

test("anybody else is told that no entry fits", async () => {
  expect(await whoami(await gate.token({ user: "ida", agent: "toolgate-cli", groups: ["staff"] }))).toMatchObject({
    status: 403,
    code: "operator.unknown",
    decision_id: expect.stringMatching(/^dec_/),
  });
});
