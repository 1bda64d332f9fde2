import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { shop } from "../hindsight/explain/company.ts";
import { opaIsMissing } from "../parts/policy/opa.ts";
import { type Company, houseOperators, told } from "../support/gate.ts";
import { operatorsClient } from "../support/gate-company.ts";
import { type Replicas, redisFound, startReplicas, to } from "../support/replicas.ts";
import { narrowBundle, wide } from "../support/rollout-company.ts";
import { type Ended, toolgate } from "./command.ts";

// What one replica decided is asked for at the other one, which has neither the record nor, of a candidate that it never had, the bundle.

const leftOut = redisFound.kind === "program" ? "" : " (left out: there is no redis-server of our own to stop)";

describe.skipIf(redisFound.kind !== "program" || opaIsMissing)(`explain at another replica than decided${leftOut}`, () => {
  let replicas: Replicas | undefined;
  afterEach(async () => {
    await replicas?.stop();
    replicas = undefined;
  });

  const dataOf = (here: Replicas) => [here.gate.dataDir, join(here.gate.folder, "other", "data")] as const;

  async function open(company: Company): Promise<Replicas> {
    replicas = await startReplicas({ company, config: { admin: { listen: { host: "127.0.0.1", port: 0 } } } });
    return replicas;
  }

  async function asked({ gate, other }: Replicas, at: 0 | 1, ...args: readonly string[]): Promise<Ended> {
    const token = await gate.token({ user: "adam", agent: operatorsClient, groups: [] });
    const url = at === 0 ? gate.adminUrl : (other.adminUrl ?? "");
    return toolgate(["explain", ...args], { env: { ...process.env, TOOLGATE_ADMIN: url, TOOLGATE_TOKEN: token } });
  }

  /** A refusal that the second replica decided. */
  async function refusedAtOther({ gate, client }: Replicas): Promise<string> {
    const token = await gate.token({ user: "ann", groups: ["desk"] });
    const answer = await client.call("crm__refund", { amount: 1500 }, { token, era: "stateless", headers: to(1) });
    expect(told(answer)).toMatchObject({ effect: "deny", codes: ["refunds.too_much"] });
    return told(answer).decisionId ?? "";
  }

  test("gives the lines of the replica that has them, and the same explanation at either and from its folder", async () => {
    const here = await open({ ...shop, operators: houseOperators });
    const id = await refusedAtOther(here);
    const [own, others] = dataOf(here);
    expect((await here.gate.records()).filter((record) => record.id === id)).toEqual([]);

    const { status, body } = await here.gate.admin("GET", `/decisions/${id}`, { operator: "adam" });
    expect(status).toBe(200);
    const { logs, away } = body as unknown as { logs: readonly { readonly lines: readonly string[] }[]; away: readonly string[] };
    expect(away).toEqual([]);
    expect(logs.flatMap(({ lines }) => lines).map((line) => (JSON.parse(line) as { id: string }).id)).toEqual([id]);

    const [first, second, folder] = await Promise.all([
      asked(here, 0, id, "--json"),
      asked(here, 1, id, "--json"),
      toolgate(["explain", id, own, others, "--json"]),
    ]);
    expect(JSON.parse(first.out)).toMatchObject({ ok: true, id, verdict: "refused", bundle: { kept: true }, conditions: { equal: true } });
    expect(JSON.parse(second.out)).toEqual(JSON.parse(first.out));
    expect(JSON.parse(folder.out)).toEqual(JSON.parse(first.out));
    expect(await toolgate(["explain", id, own])).toMatchObject({ code: 1 });
  }, 60_000);

  test("explains a candidate's decision at the replica that is asked, on the candidate", async () => {
    const here = await open(wide);
    const { gate, other, client } = here;
    const { rollouts } = other.started?.built ?? {};
    const staged = await rollouts?.stage(await narrowBundle(gate));
    expect(staged).toMatchObject({ ok: true });
    await rollouts?.start({ steps: [{ mode: "canary", agents: ["bot-03"] }], rollbackIf: [], minCalls: 0, atEnd: "wait" }, "olga");
    const token = await gate.token({ agent: "bot-03", user: "ann", groups: ["staff"] });
    const answer = await client.call("desk__note", {}, { token, era: "stateless", headers: to(1) });
    expect(told(answer).effect).toBe("unknown");
    const explained = await asked(here, 0, told(answer).decisionId ?? "", "--json");
    expect(JSON.parse(explained.out)).toMatchObject({
      ok: true,
      verdict: "hidden",
      bundle: { sequence: 2, kept: true },
      conditions: { equal: true },
    });
  }, 60_000);

  test("says that others could not be asked while redis is away, explains what is its own, and finds all again afterwards", async () => {
    const here = await open({ ...shop, operators: houseOperators });
    const id = await refusedAtOther(here);
    await here.redis.kill();
    const alone = await asked(here, 0, id);
    expect(alone.code).toBe(1);
    expect(alone.err).toContain("did not answer: all other replicas");
    expect((await asked(here, 1, id)).code).toBe(0);
    await here.redis.restart();
    await expect.poll(async () => (await asked(here, 0, id)).code, { timeout: 20_000 }).toBe(0);
  }, 60_000);
});
