import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { exitOf, launcher, said, start } from "../../e2e/command.ts";
import { toolgateHere } from "../../support/command-line.ts";
import { candidate, type FakeAdmin, problem, startFakeAdmin, statusOf } from "../admin/fake-admin.ts";

let folder: string;
let bundle: string;
let admin: FakeAdmin;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "toolgate-rollout-"));
  bundle = join(folder, "bundle.tar.gz");
  await writeFile(bundle, "the bytes of a bundle");
  await writeFile(join(folder, "token"), "from-a-file\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  admin = await startFakeAdmin();
  admin.answer("status", { value: statusOf() });
  admin.answer("stageBundle", { value: candidate });
  for (const act of ["startRollout", "promote", "rollBack"] as const) admin.answer(act, { value: statusOf().state });
});
afterEach(() => admin.close());

const env = () => ({ ...process.env, TOOLGATE_ADMIN: admin.url, TOOLGATE_TOKEN: "t0ken" });
const rollout = (...args: string[]) => toolgateHere(["rollout", ...args], { cwd: folder, env: env() });
const acts = () => admin.arrived.filter(({ route }) => route !== "status");

describe("rollout status", () => {
  it("asks with the token of the environment and shows what is under way", async () => {
    const { code, out, err } = await rollout("status");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("canary of 5 %");
    expect(out).toContain("support-bot   crm.refund   refunds too_much   12");
    expect(admin.arrived).toMatchObject([{ route: "status", authorization: "Bearer t0ken" }]);
  });

  it("takes the token from a file before the environment, and prints the API's answer for programs", async () => {
    const { code, out } = await rollout("status", "--json", "--token-file", "token");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(JSON.parse(JSON.stringify(statusOf())));
    expect(admin.arrived[0]?.authorization).toBe("Bearer from-a-file");
  });

  it("with --watch prints a line for each change and ends with the rollout: 1 where it was rolled back", async () => {
    const { rollout: _, ...state } = statusOf().state;
    const ended = { id: "rol_1", bundle: candidate, end: "rolled_back", by: "gateway", at: 1, why: "new-denies>20: 21" } as const;
    admin.answer("status", { value: statusOf() }, { value: statusOf() }, { value: { ...statusOf(), state: { ...state, ended: [ended] } } });
    const { code, out } = await rollout("status", "--watch");
    expect(out.trimEnd().split("\n")).toEqual([
      "1.5.0 sha256:bbbbbbbbbbbb  canary of 5 %  compared 1204  new denies 12  new allows 2  2 of 3 replicas do not follow",
      "1.5.0 was rolled back: new-denies>20: 21",
    ]);
    expect(code).toBe(1);
  });

  it("with --watch ends with 1, too, where it was rolled back before the first look", async () => {
    const { rollout: _, ...state } = statusOf().state;
    const ended = { id: "rol_1", bundle: candidate, end: "rolled_back", by: "gateway", at: 1, why: "new-denies>20: 21" } as const;
    admin.answer("status", { value: { ...statusOf(), state: { ...state, ended: [ended] } } });
    const { code, out } = await rollout("status", "--watch");
    expect([code, out]).toEqual([1, "1.5.0 was rolled back: new-denies>20: 21\n"]);
  });

  it("with --watch outlives a gateway that is away for a moment", async () => {
    const { rollout: _, ...state } = statusOf().state;
    const ended = { id: "rol_1", bundle: candidate, end: "promoted", by: "gateway", at: 1, why: "its time was over" } as const;
    admin.answer("status", { value: statusOf() }, problem(503, "gateway.operations_unavailable"), {
      value: { ...statusOf(), state: { ...state, ended: [ended] } },
    });
    const child = start(process.execPath, [launcher, "rollout", "status", "-w"], { cwd: folder, env: env() });
    await said(child, /1\.5\.0 was promoted: its time was over/);
    expect(await exitOf(child)).toBe(0);
  });
});

describe("a token that ends while a rollout is watched", () => {
  it("is told, and is no rollback: 69", async () => {
    admin.answer("status", { value: statusOf() }, problem(401, "auth.expired"));
    const { code, out, err } = await rollout("status", "--watch");
    expect([code, out.split("\n").length]).toEqual([69, 2]);
    expect(err).toContain("auth.expired");
  });
});

describe("rollout shadow and canary", () => {
  it("stages the file, says what it will do, and begins under the version that it looked at", async () => {
    const { code, out, err } = await rollout(
      ...["shadow", "bundle.tar.gz", "--for", "10m", "--rollback-if", "new-denies>20", "--rollback-if", "failures>1.5%"],
      ...["--min-calls", "100", "--at-end", "promote", "--why", "release 1.5"],
    );
    expect([code, out]).toEqual([0, "The rollout is under way: shadow. toolgate rollout status tells how it goes.\n"]);
    expect(err).toContain("staged 1.5.0 (sequence 8, sha256:bbbbbbbbbbbb)");
    expect(err).toContain("shadow of 1.5.0 (sequence 8, sha256:bbbbbbbbbbbb) over 1.4.0 (sequence 7, sha256:aaaaaaaaaaaa)\n");
    expect(err).toContain("  for 10 min, then promoted; goes back if new-denies>20, failures>1.5%\n");
    expect(acts()).toMatchObject([
      { route: "stageBundle", body: "the bytes of a bundle" },
      {
        route: "startRollout",
        ifMatch: '"7"',
        body: {
          digest: candidate.digest,
          steps: [{ mode: "shadow", forMs: 600_000 }],
          rollbackIf: [
            { measure: "new_deny", above: 20, unit: "calls" },
            { measure: "failed", above: 1.5, unit: "percent" },
          ],
          minCalls: 100,
          atEnd: "promote",
          why: "release 1.5",
        },
      },
    ]);
  });

  it("takes what is under way further: to a share, or to agents by name", async () => {
    expect((await rollout("canary", "--percent", "5", "--for", "30m", "--why", "w")).code).toBe(0);
    expect((await rollout("canary", "--agent", "desk", "--agent", "support-bot", "--why", "w", "--json")).code).toBe(0);
    expect(acts().map(({ body }) => body)).toMatchObject([
      { steps: [{ mode: "canary", percent: 5, forMs: 1_800_000 }], atEnd: "wait" },
      { steps: [{ mode: "canary", agents: ["desk", "support-bot"] }] },
    ]);
    expect(acts()[0]?.body).not.toHaveProperty("digest");
  });

  it.each([
    [["shadow", "--why", "w", "--for", "soon"], '"30m", "12h" or "7d"'],
    [["shadow", "--why", "w", "--rollback-if", "denials>3"], "one of new-denies, new-allows, new-asks, changed, failures"],
    [["shadow", "--for", "10m"], "--why"],
    [["shadow", "--why", "w", "--at-end", "promote"], "--at-end promote needs --for"],
    [["canary", "--why", "w"], "either --percent or --agent"],
    [["canary", "--why", "w", "--percent", "5", "--agent", "desk"], "either --percent or --agent"],
    [["canary", "--why", "w", "--percent", "101"], "1 to 100"],
    [["canary", "--why", "w", "--agent", "Desk"], "id of an agent"],
  ])("refuses the command line %j and asks the gateway nothing", async (args, wanted) => {
    const { code, err } = await rollout(...args);
    expect(code).toBe(2);
    expect(err).toContain(wanted);
    expect(admin.arrived).toEqual([]);
  });

  it("begins nothing where the bundle is refused: 65, with the code", async () => {
    admin.answer("stageBundle", problem(422, "bundle.old", { title: "The sequence is too low.", detail: 'found "6", wanted 7 or more' }));
    const { code, err } = await rollout("shadow", "bundle.tar.gz", "--why", "w");
    expect(code).toBe(65);
    expect(err).toContain('The sequence is too low. found "6", wanted 7 or more');
    expect(err).toContain("bundle.old");
    expect(acts().map(({ route }) => route)).toEqual(["stageBundle"]);
  });

  it("says which file cannot be read: 69", async () => {
    const { code, err } = await rollout("shadow", "nothing.tar.gz", "--why", "w");
    expect(code).toBe(69);
    expect(err).toContain('the bundle cannot be read: "nothing.tar.gz": there is no such file');
    expect(acts()).toEqual([]);
  });
});

describe("rollout promote and rollback", () => {
  it.each([
    ["promote", "promote", "promoting 1.5.0 (sequence 8, sha256:bbbbbbbbbbbb) over 1.4.0 (sequence 7, sha256:aaaaaaaaaaaa)"],
    ["rollback", "rollBack", "rolling back 1.5.0 (sequence 8, sha256:bbbbbbbbbbbb) to 1.4.0 (sequence 7, sha256:aaaaaaaaaaaa)"],
  ] as const)("%s says what it does, with the reason and the version it looked at", async (command, route, told) => {
    const { code, err } = await rollout(command, "--why", "looks good");
    expect(code).toBe(0);
    expect(err).toContain(told);
    expect(acts()).toMatchObject([{ route, ifMatch: '"7"', body: { why: "looks good" } }]);
  });

  it("tells who changed what where somebody was faster: 1", async () => {
    const detail = "security/bob rolled 1.5.0 back 2 s ago";
    admin.answer(
      "promote",
      problem(412, "rollout.changed", {
        title: "Somebody changed it since it was looked at.",
        detail,
        remedy: "Look at the status again, then decide.",
      }),
    );
    const { code, err, out } = await rollout("promote", "--why", "w");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("Somebody changed it since it was looked at. security/bob rolled 1.5.0 back 2 s ago");
    expect(err).toContain("remedy   Look at the status again, then decide.");
  });
});

describe("what goes wrong on the way", () => {
  it("without an address or a token it is a wrong command line", async () => {
    const bare = { ...process.env, TOOLGATE_ADMIN: "", TOOLGATE_TOKEN: "" };
    const without = await toolgateHere(["rollout", "status"], { env: bare });
    expect([without.code, without.err]).toMatchObject([2, expect.stringContaining("TOOLGATE_ADMIN")]);
    const secret = await toolgateHere(["rollout", "status"], {
      env: { ...bare, TOOLGATE_ADMIN: "http://:hunter2@127.0.0.1:1/?key=hunter2" },
    });
    expect([secret.code, secret.err]).toMatchObject([2, expect.stringContaining('"http://…@127.0.0.1:1/?…" is no address of an admin')]);
    const token = await toolgateHere(["rollout", "status", "--admin", admin.url], { env: bare });
    expect([token.code, token.err]).toMatchObject([2, expect.stringContaining("TOOLGATE_TOKEN")]);
    expect(admin.arrived).toEqual([]);
  });

  it("an admin listener that is away is named, with what was tried and what to check: 69, and no stack", async () => {
    const away = await startFakeAdmin();
    await away.close();
    const { code, err } = await rollout("status", "--admin", away.url);
    expect(code).toBe(69);
    expect(err).toContain(`"${away.url}/" cannot be reached: nobody listens there`);
    expect(err).toContain("remedy");
    expect(err).not.toMatch(/^\s+at /m);
  });

  it("something that is no admin API is called so: 69", async () => {
    const { code, err } = await rollout("status", "--admin", `${admin.url}/elsewhere`);
    expect(code).toBe(69);
    expect(err).toContain("it answered 404 with text/html");
  });

  it.each([
    [401, "auth.expired", 69, "a token of an operator with the role"],
    [403, "operator.role_missing", 69, 'a token of an operator with the role "viewer"'],
    [409, "rollout.busy", 1, "rollout.busy"],
    [422, "rollout.invalid", 65, "rollout.invalid"],
    [503, "gateway.operations_unavailable", 69, "gateway.operations_unavailable"],
  ])("a problem %i %s ends with %i and says what is missing", async (status, name, wanted, text) => {
    admin.answer("status", problem(status, name, { decision_id: "dec_9", remedy: "Do something." }));
    const { code, err } = await rollout("status");
    expect(code).toBe(wanted);
    expect(err).toContain(text);
    expect(err).toContain("dec_9");
    const json = await rollout("status", "--json");
    expect([json.code, JSON.parse(json.out)]).toMatchObject([wanted, { status, code: name }]);
  });

  it("every mistake of a body is told with its place", async () => {
    const mistakes = [{ path: "steps[0].forMs", found: "9e9", wanted: "at most 31 days" }];
    admin.answer("startRollout", problem(400, "gateway.invalid_request", { mistakes }));
    const { code, err } = await rollout("shadow", "--for", "10m", "--why", "w");
    expect(code).toBe(65);
    expect(err).toContain("steps[0].forMs   found 9e9, wanted at most 31 days");
  });

  it("an answer in a form of another version is not guessed at", async () => {
    admin.answer("status", { raw: '{"state":{"version":"seven"}}' });
    const { code, err } = await rollout("status");
    expect(code).toBe(69);
    expect(err).toContain("is no admin API that this version understands");
  });
});
