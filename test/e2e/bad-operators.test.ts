import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { type Gate, house, signedBundle, startGate, told } from "../support/gate.ts";
import { operatorsClient } from "../support/gate-company.ts";

// What operators do wrong under stress, and what a disk does to them. After each of it the same bundle decides, and nothing is half done.

const clock = manualClock(Date.UTC(2026, 10, 21, 12));
const hour = 3_600_000;
const most = 200_000;
const config = { bundle: { max_bytes: most } };
const shadow = { steps: [{ mode: "shadow" }], why: "try" };
let gate: Gate;
let folder: string;
let sequence = 1;

beforeAll(async () => {
  gate = await startGate({ clock, bundleFrom: async (_first, _key, own) => ({ file: join(own, "bundle.tar.gz"), ...config.bundle }) });
  const line = (await readdir(join(gate.dataDir, "operations")))[0] ?? "";
  folder = join(gate.dataDir, "operations", line);
});
afterAll(async () => {
  expect(await gate.verify()).toMatchObject({ ok: true });
  await gate.stop();
});

const stateFile = () => readFile(join(folder, "state.json"), "utf8");
const kept = async () => (await readdir(join(gate.dataDir, "bundles"), { recursive: true })).sort();
const status = async () => (await gate.admin("GET", "/status", { operator: "vera" })).body;
const next = (change: Parameters<typeof signedBundle>[1] = {}) => signedBundle(house, { sequence: sequence + 1, ...change }, gate.key);
const stage = async (bytes: Uint8Array) => gate.admin("POST", "/bundles", { body: bytes });

async function decides(): Promise<void> {
  const before = gate.servers.desk?.calls.length ?? 0;
  expect(told(await gate.call("desk__echo", {})).effect).toBe("allow");
  expect(gate.servers.desk?.calls.length).toBe(before + 1);
  expect((await gate.records()).findLast(({ kind }) => kind === "intent")?.bundle).toMatchObject({ sequence });
  const { status, body } = await gate.readyz();
  expect(status).toBe(200);
  expect(body).toMatchObject({ parts: { bundle: { ok: true, detail: expect.stringContaining(`sequence ${sequence} `) } } });
}

/** Refused with this, and then nothing is other than before: on disk, in what the API says, for callers. */
async function changesNothing(act: () => Promise<unknown>, want: object): Promise<void> {
  const before = [await stateFile(), await kept()];
  expect(await act()).toMatchObject(want);
  expect([await stateFile(), await kept()]).toEqual(before);
  expect(await status()).not.toHaveProperty("state.rollout");
  await decides();
}

describe("an operator who does what makes no sense changes nothing:", () => {
  test.each([
    ["of another name", { name: "other" }],
    ["of another environment", { environment: "production" }],
    ["of another tenant", { tenant: "globex" }],
  ])("a bundle %s", async (_title, about) => {
    const bytes = await next({ about });
    await changesNothing(() => stage(bytes), { status: 422, body: { code: "bundle.wrong_place" } });
  });

  test.each<[string, object]>([
    ["a canary of nobody", { mode: "canary", percent: 0 }],
    ["of more than everybody", { mode: "canary", percent: 101 }],
    ["of half a percent", { mode: "canary", percent: 0.5 }],
    ["of a word", { mode: "canary", percent: "abc" }],
    ["without a share", { mode: "canary" }],
    ["of a share and of agents", { mode: "canary", percent: 5, agents: ["desk-bot"] }],
    ["a shadow with a share", { mode: "shadow", percent: 5 }],
    ["for no time", { mode: "shadow", forMs: 0 }],
    ["for longer than anybody remembers", { mode: "shadow", forMs: 1e12 }],
  ])("%s", async (_title, step) => {
    await changesNothing(
      async () => {
        const { status } = await gate.admin("POST", "/rollout", { body: { ...shadow, steps: [step] } });
        return { isRefused: status === 400 || status === 409 || status === 422 };
      },
      { isRefused: true },
    );
  });

  test("going back, or on, where nothing is under way", async () => {
    for (const act of ["promote", "rollback"]) {
      await changesNothing(() => gate.admin("POST", `/rollout/${act}`, { body: { why: "x" } }), {
        status: 409,
        body: { code: "rollout.none" },
      });
    }
  });

  test("a bundle that is larger than is taken: it is not read to its end", async () => {
    await changesNothing(() => stage(Buffer.alloc(most + 1)), { status: 413 });
  });

  test("an upload that breaks off", async () => {
    const bytes = await next();
    const token = await gate.token({ user: "olga", agent: operatorsClient, groups: [] });
    await changesNothing(async () => {
      const { port, hostname } = new URL(gate.adminUrl);
      const socket = connect(Number(port), hostname);
      const head = ["POST /admin/v1/bundles HTTP/1.1", `host: ${hostname}:${port}`, `authorization: ${token}`];
      head.push("content-type: application/gzip", `content-length: ${bytes.byteLength}`, "", "");
      socket.write(head.join("\r\n"));
      socket.write(bytes.subarray(0, bytes.byteLength / 2));
      socket.end();
      socket.on("error", () => {});
      await new Promise((resolve) => socket.resume().once("close", resolve));
      return (await gate.admin("GET", "/whoami")).status;
    }, 200 as never);
  });

  test("whoever has no role for it, or whose token ends on the way", async () => {
    const asks = (token: string | undefined, operator: string) =>
      gate.admin("POST", "/quarantine", {
        operator,
        ...(token === undefined ? {} : { token }),
        body: { kind: "agent", subject: "desk-bot", reason: "x" },
      });
    for (const operator of ["vera", "adam", "paul"]) {
      await changesNothing(() => asks(undefined, operator), { status: 403, body: { code: "operator.role_missing" } });
    }
    const token = await gate.token({ user: "olga", agent: operatorsClient, groups: [], lifetime: 300 });
    expect((await gate.admin("GET", "/status", { token })).status).toBe(200);
    clock.advance(hour);
    await changesNothing(() => asks(token, "olga"), { status: 401, body: { code: "auth.expired" } });
    expect(await (await fetch(`${gate.url}/metrics`)).text()).toContain('code="operator.role_missing"');
  });
});

test("a file that is rolled out twice is one rollout, also for everybody; what comes meanwhile is refused, and rolled back it is gone", async () => {
  const bytes = await next();
  const first = await stage(bytes);
  const everybody = { ...shadow, steps: [{ mode: "canary", percent: 100 }], digest: first.body.digest };
  const begun = await gate.admin("POST", "/rollout", { body: everybody });
  expect(await stage(bytes)).toMatchObject({ status: 201, body: { digest: first.body.digest } });
  const again = await gate.admin("POST", "/rollout", { operator: "otto", body: everybody });
  expect(again).toMatchObject({ status: 200, body: { rollout: { id: begun.body.rollout?.id } } });
  const other = await stage(await next({ sequence: sequence + 2 }));
  expect(await gate.admin("POST", "/rollout", { body: { ...shadow, digest: other.body.digest } })).toMatchObject({
    status: 409,
    body: { code: "rollout.busy" },
  });
  expect(told(await gate.call("desk__echo", {})).effect).toBe("allow");
  expect((await gate.records()).findLast(({ kind }) => kind === "intent")?.bundle).toMatchObject({ sequence: sequence + 1 });
  expect((await gate.admin("POST", "/rollout/rollback", { body: { why: "enough" } })).status).toBe(200);
  await decides();
});

describe("a disk that takes no more", () => {
  /** A folder stands where the next file would be written. */
  const blocked = async (path: string, act: () => Promise<void>) => {
    await mkdir(path, { recursive: true });
    try {
      await act();
    } finally {
      await rm(path, { recursive: true });
    }
  };
  const stateBlocked = (act: () => Promise<void>) => blocked(join(folder, "state.json.new"), act);

  test("keeps nothing that was staged, begun or promoted, and afterwards the same acts do", async () => {
    const bytes = await next({ revision: "late" });
    const own = join(gate.dataDir, "bundles", "staged");
    await rename(own, `${own}-away`);
    await writeFile(own, "");
    try {
      expect(await stage(bytes)).toMatchObject({ status: 422, body: { detail: expect.stringContaining("cannot be kept") } });
      await decides();
    } finally {
      await rm(own);
      await rename(`${own}-away`, own);
    }
    await changesNothing(() => gate.admin("POST", "/rollout/promote", { body: { why: "x" } }), { status: 409 });

    const { body } = await stage(bytes);
    const begin = () => gate.admin("POST", "/rollout", { body: { ...shadow, digest: body.digest } });
    const refused = { status: 503, body: { code: "gateway.operations_unavailable" } };
    await stateBlocked(async () => {
      const before = await stateFile();
      expect(await begin()).toMatchObject(refused);
      expect(await stateFile()).toBe(before);
      await decides();
    });
    expect((await begin()).status).toBe(200);
    const promote = () => gate.admin("POST", "/rollout/promote", { body: { why: "good" } });
    await stateBlocked(async () => {
      const before = await stateFile();
      expect(await promote()).toMatchObject(refused);
      expect(await gate.admin("POST", "/rollout/rollback", { body: { why: "bad" } })).toMatchObject(refused);
      expect(await stateFile()).toBe(before);
      await decides();
    });
    await gate.restart();
    await decides();
    expect(await status()).toMatchObject({ state: { rollout: { bundle: { digest: body.digest } } } });
    expect((await promote()).status).toBe(200);
    sequence += 1;
    await decides();
  });

  test("lets no quarantine count that it does not keep, nor end one that it could not forget", async () => {
    const put = () => gate.admin("POST", "/quarantine", { body: { kind: "agent", subject: "desk-bot", reason: "odd" } });
    const refused = { status: 503, body: { code: "gateway.operations_unavailable" } };
    await stateBlocked(() => changesNothing(put, refused));
    const { body } = await put();
    const lift = () => gate.admin("DELETE", `/quarantine/${String(body.id)}?why=over`);
    const stopped = async () => {
      const before = gate.servers.desk?.calls.length;
      expect(told(await gate.call("desk__echo", {}))).toMatchObject({ effect: "deny", codes: ["agent.quarantined"] });
      expect(gate.servers.desk?.calls.length).toBe(before);
    };
    await stopped();
    await stateBlocked(async () => {
      expect(await lift()).toMatchObject(refused);
      await stopped();
    });
    await gate.restart();
    await stopped();
    expect((await lift()).status).toBe(200);
    await decides();
  });

  test("or its floor: a promotion goes on where it was as soon as there is room", async () => {
    const { body } = await stage(await next());
    await gate.admin("POST", "/rollout", { body: { ...shadow, digest: body.digest } });
    await blocked(join(gate.dataDir, "sequence", "bundle-sequence.json.new"), async () => {
      await gate.admin("POST", "/rollout/promote", { body: { why: "good" } });
      await decides();
      expect(JSON.stringify((await gate.readyz()).body)).toMatch(/the promoted bundle .* cannot be taken here: .*sequence floor/);
      expect(await (await fetch(`${gate.url}/metrics`)).text()).toContain("toolgate_rollout_behind 1");
    });
    const taken = gate.logged((line) => line.msg === "bundle activated" && line.sequence === sequence + 1);
    clock.advance(60_000);
    await taken;
    sequence += 1;
    await decides();
  });
});

describe("quarantine", () => {
  const put = (body: object, operator = "olga") => gate.admin("POST", "/quarantine", { operator, body });
  const lift = (id: unknown, operator = "olga") => gate.admin("DELETE", `/quarantine/${String(id)}?why=over`, { operator });

  test("of oneself locks oneself out and nobody else; another operator lifts it", async () => {
    const { body } = await put({ kind: "user", subject: "olga", reason: "a stolen login" });
    expect((await lift(body.id)).status).toBe(403);
    expect((await put({ kind: "agent", subject: "desk-bot", reason: "x" })).status).toBe(403);
    await decides();
    expect((await lift(body.id, "otto")).status).toBe(200);
    expect((await gate.admin("GET", "/whoami")).status).toBe(200);
  });

  test.each(["ännä", "机器人", "🤖", "e\u0301", "a\u202eb", "x'; --", "../../etc"])(
    "of %j holds for that name and no other",
    async (subject) => {
      const { status, body } = await put({ kind: "user", subject, reason: "odd" });
      if (status === 201) {
        expect(body.subject).toBe(subject);
        const before = gate.servers.desk?.calls.length;
        const token = await gate.token({ user: subject, agent: "desk-bot" });
        expect(told(await gate.call("desk__echo", {}, { token }))).toMatchObject({ codes: ["user.quarantined"] });
        expect(gate.servers.desk?.calls.length).toBe(before);
      } else expect(status).toBe(400);
      await decides();
      if (status === 201) expect((await lift(body.id)).status).toBe(200);
    },
  );

  test("that ended by the clock stays ended, and one that lasts holds, when the clock is set back", async () => {
    const { body: short } = await put({ kind: "user", subject: "ann", reason: "short", forMs: 1_000 });
    clock.advance(1_000);
    await decides();
    const { body: long } = await put({ kind: "user", subject: "ann", reason: "long" });
    clock.advance(-hour);
    const before = gate.servers.desk?.calls.length;
    expect(told(await gate.call("desk__echo", {})).codes).toEqual(["user.quarantined"]);
    expect(gate.servers.desk?.calls.length).toBe(before);
    await lift(long.id);
    // Nobody knows which clock was right: what was to end an hour from now holds again.
    expect(told(await gate.call("desk__echo", {})).codes).toEqual(["user.quarantined"]);
    await lift(short.id);
    await decides();
  });
});

test("a log of which a segment is missing: its decisions are asked for in vain, that is said, and the gateway goes on; put back, they are there", async () => {
  await decides();
  const { id = "" } = (await gate.records()).findLast(({ kind }) => kind === "outcome") ?? {};
  await gate.restart();
  const ask = async (of: string) => (await gate.admin("GET", `/decisions/${of}`, { operator: "adam" })).status;
  expect(await ask(id)).toBe(200);
  const own = join(gate.dataDir, "log");
  const segments = (await readdir(own, { recursive: true })).filter((name) => name.endsWith(".jsonl"));
  const files = await Promise.all(segments.map(async (name) => [join(own, name), await readFile(join(own, name), "utf8")] as const));
  const [file = ""] = files.find(([, text]) => text.includes(`"id":"${id}"`)) ?? [];
  await rename(file, `${file}.away`);
  expect(await ask(id)).toBe(404);
  expect(await ask("dec_01990000-0000-7000-8000-000000000000")).toBe(404);
  await decides();
  await gate.restart();
  await decides();
  expect(await gate.verify()).toMatchObject({ ok: false });
  await rename(`${file}.away`, file);
  expect(await ask(id)).toBe(200);
});

test("a state file of a later version keeps a gateway from starting, and says why; put back, it starts", async () => {
  const text = await stateFile();
  await gate.started.stop();
  await writeFile(join(folder, "state.json"), text.replace('"version": 1', '"version": 2'));
  await expect(gate.restart()).rejects.toThrow(/found version 2 of the file .*wanted 1; start the newer gateway/);
  await writeFile(join(folder, "state.json"), text);
  await gate.restart();
  await decides();
});
