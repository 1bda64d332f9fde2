import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { type Company, type Gate, startGate, told } from "../support/gate.ts";
import { expectRefused, received } from "../support/gate-refused.ts";

/** A rule that is written wrongly, one server each. Every one of them is meant to refuse the tool `shut`, and only that. */
const broken: Readonly<Record<string, { readonly rules: string; readonly code: string; readonly known?: false; readonly all?: true }>> = {
  "deny-boolean": { rules: 'deny if input.tool.name == "shut"', code: "policy.invalid_rule" },
  "deny-object": { rules: 'deny := {"code": "x.y"} if input.tool.name == "shut"', code: "policy.invalid_rule" },
  // A map is one even while it is empty, so this one shuts the whole server.
  "deny-map": { rules: 'deny["x.y"] := true if input.tool.name == "shut"', code: "policy.invalid_rule", all: true },
  "deny-string": { rules: 'deny := "no" if input.tool.name == "shut"', code: "policy.invalid_rule" },
  "deny-strings": { rules: 'deny contains "no" if input.tool.name == "shut"', code: "policy.invalid_rule" },
  "deny-number": { rules: 'deny := 1 if input.tool.name == "shut"', code: "policy.invalid_rule" },
  "deny-null": { rules: 'deny := null if input.tool.name == "shut"', code: "policy.invalid_rule" },
  "deny-list": { rules: 'deny := [{"code": "x.y"}] if input.tool.name == "shut"', code: "policy.invalid_rule" },
  "deny-nameless": { rules: 'deny contains {"message": "no"} if input.tool.name == "shut"', code: "policy.invalid_rule" },
  "deny-our-code": { rules: 'deny contains {"code": "auth.expired"} if input.tool.name == "shut"', code: "policy.invalid_rule" },
  "deny-conflict": {
    rules: 'deny := {"code": "x.y"} if input.tool.name == "shut"\n\ndeny := {"code": "x.z"} if input.tool.name == "shut"',
    code: "policy.evaluation_failed",
    known: false,
  },
  "deny-error": {
    rules: 'deny contains {"code": "x.y"} if {\n\tinput.tool.name == "shut"\n\ttime.parse_rfc3339_ns("tomorrow") > 0\n}',
    code: "policy.builtin_error",
    known: false,
  },
  nonsense: {
    rules: 'permit contains {"id": "", "for": "both"} if input.tool.name == "shut"',
    code: "policy.invalid_decision",
    known: false,
  },
};

const tools = { open: {}, shut: {} };

function companyOf(packages: Readonly<Record<string, { readonly rules: string; readonly worker?: boolean }>>): Company {
  const servers = Object.keys(packages).map((id) => [id, { at: "desk", tools }] as const);
  const unchecked = Object.entries(packages).map(([id, { rules, worker }]) => {
    return [id.replaceAll("-", "_"), { servers: [id], rules, ...(worker === undefined ? {} : { worker }) }] as const;
  });
  return { servers: { desk: { tools }, ...Object.fromEntries(servers) }, unchecked: Object.fromEntries(unchecked) };
}

describe("a rule that the build would refuse, in a bundle that somebody signed all the same", () => {
  const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
  let gate: Gate;
  beforeAll(async () => {
    gate = await startGate({ company: companyOf(broken), clock });
  });
  afterAll(async () => {
    expect(await gate.verify()).toMatchObject({ ok: true });
    await gate.stop();
  });

  test.each(Object.entries(broken))(
    "%s: the call it meant is refused and not listed, the others go on",
    async (id, { code, known, all }) => {
      for (const era of ["session", "stateless"] as const) {
        const { answer, record } = await expectRefused(gate, clock, {
          valid: () => gate.call(all ? "desk__open" : `${id}__open`, {}, { era }),
          bad: () => gate.call(`${id}__shut`, {}, { era }),
          // Where policy could not even say whether the tool may be known, nobody hears more than of one that does not exist.
          want:
            known === false
              ? { status: 200, rpc: -32602, reason: "tool.unknown", record: "refusal" }
              : { status: 200, reason: code, record: "refusal" },
        });
        if (known !== false) expect(told(answer)).toMatchObject({ effect: "deny", codes: [code] });
        expect(record.decision).toMatchObject({ effect: "deny", known: known !== false, reasons: [{ code }] });
      }
      const listed = await gate.list({ token: await gate.token() });
      expect(listed).toContain(all ? "desk__open" : `${id}__open`);
      // Its permit is one for the library, and none for the reader of the answer: that shows in a call alone.
      if (id !== "nonsense") expect(listed).not.toContain(`${id}__shut`);
    },
  );
});

describe("a rule that costs too much", () => {
  let gate: Gate;
  afterEach(() => gate.stop());

  /** 9 KB as JSON, of which three nested loops make billions of steps. */
  const list = Array.from({ length: 1_500 }, (_, at) => 10_000 + at);
  const loop = `constrain contains {"code": "x.y"} if {
	some i in input.args.list
	some j in input.args.list
	some k in input.args.list
	i < j
	j < k
	k < i
}`;

  test("a loop over a 9 KB array is ended, and meanwhile the calls of others complete", async () => {
    gate = await startGate({
      company: companyOf({ loops: { rules: loop } }),
      bundle: { about: { max_decide_ms: 3_000 } },
      config: { policy: { timeout_ms: 3_000, workers: 1 } },
    });
    const [ann, bob] = [await gate.token(), await gate.token({ user: "bob" })];
    expect(told(await gate.call("loops__open", { list: list.slice(0, 10) }, { token: ann })).effect).toBe("allow");
    expect(told(await gate.call("loops__open", {}, { token: bob })).effect).toBe("allow");
    const before = received(gate);

    const order: string[] = [];
    const slow = gate.call("loops__shut", { list }, { token: ann }).finally(() => order.push("slow"));
    const others = Array.from({ length: 30 }, async (_, n) => {
      const quick = await gate.call(n % 2 === 0 ? "loops__open" : "desk__open", { n }, { token: bob });
      order.push("quick");
      return told(quick).effect;
    });
    expect(await Promise.all(others)).toEqual(Array(30).fill("allow"));
    const answer = await slow;
    expect(order).toEqual([...Array<string>(30).fill("quick"), "slow"]);
    expect(told(answer).effect).toBe("unknown");
    expect(received(gate)).toBe(before + 30);
    const refusal = (await gate.records()).find(({ kind, target }) => kind === "refusal" && target === "loops.shut");
    expect(refusal?.decision).toMatchObject({ effect: "deny", known: false, reasons: [{ code: "policy.timeout" }] });
    // The worker that was ended has been replaced.
    expect(told(await gate.call("loops__shut", { list: [1, 2, 3, ...Array(300).keys()].slice(0, 20) }, { token: ann })).effect).toBe(
      "allow",
    );
  });

  test("more slow calls than may wait are refused at once as policy.overloaded", async () => {
    gate = await startGate({
      company: companyOf({ loops: { rules: loop } }),
      bundle: { about: { max_decide_ms: 100 } },
      config: { policy: { timeout_ms: 100, workers: 1 } },
    });
    const token = await gate.token();
    expect(told(await gate.call("loops__open", {}, { token })).effect).toBe("allow");
    const before = received(gate);
    const answers = await Promise.all(Array.from({ length: 40 }, () => gate.call("loops__open", { list }, { token, era: "stateless" })));
    expect(answers.map((answer) => told(answer).effect)).toEqual(Array(40).fill("unknown"));
    expect(received(gate)).toBe(before);
    const codes = (await gate.records()).flatMap(
      ({ decision }) => (decision as { reasons?: { code: string }[] } | undefined)?.reasons ?? [],
    );
    expect(new Set(codes.map(({ code }) => code))).toEqual(new Set(["policy.timeout", "policy.overloaded"]));
    expect(told(await gate.call("loops__open", { n: 1 }, { token })).effect).toBe("allow");
  });

  test.each([
    ["on the main thread", 200],
    ["in a worker", 600],
  ])("a rule that runs out of memory %s is refused, and the next call is judged", async (_where, count) => {
    const hungry = `constrain contains {"code": "x.y"} if {
	texts := [text | some i in input.args.list; some j in input.args.list; text := sprintf("%d and %d and the rest of a long text", [i, j])]
	count(texts) < 0
}`;
    gate = await startGate({
      company: companyOf({ hungry: { rules: hungry } }),
      bundle: { about: { max_decide_ms: 5_000 } },
      config: { policy: { timeout_ms: 5_000, max_memory_mb: 6 } },
    });
    const token = await gate.token();
    expect(told(await gate.call("hungry__open", { list: [1, 2, 3] }, { token })).effect).toBe("allow");
    const before = received(gate);
    expect(told(await gate.call("hungry__open", { list: list.slice(0, count) }, { token })).effect).toBe("unknown");
    expect(received(gate)).toBe(before);
    const refusal = (await gate.records()).find(({ kind }) => kind === "refusal");
    expect(refusal?.decision).toMatchObject({ effect: "deny", reasons: [{ code: "policy.evaluation_failed" }] });
    expect(told(await gate.call("hungry__open", { list: [1, 2, 3] }, { token })).effect).toBe("allow");
  });
});

describe("a policy that a gateway must never take", () => {
  let gate: Gate;
  afterEach(() => gate.stop());

  const slow =
    'constrain contains {"code": "x.y"} if {\n\tsome i in input.args.items\n\tsome j in input.args.items\n\tsome k in input.args.items\n\ti < j\n\tj < k\n\tk < i\n}';
  const library = (rule: string) => Buffer.from(`package toolgate\n\n${rule}\n`);

  test("one that needs a built-in that there is not, one that is too slow, and one with another library are refused; the last good one stays", async () => {
    const company = companyOf({ plain: { rules: "quiet := true" } });
    gate = await startGate({ company });
    const token = await gate.token();
    const call = () => gate.call("plain__open", {}, { token });
    expect(told(await call()).effect).toBe("allow");

    const lacking = companyOf({
      plain: { rules: 'deny contains {"code": "x.y"} if http.send({"method": "GET", "url": "http://127.0.0.1:1"}).status_code == 200' },
    });
    expect(await gate.swap({}, lacking)).toMatchObject({
      activated: false,
      code: "bundle.unsupported",
      detail: expect.stringContaining("http.send"),
    });
    expect(await gate.swap({}, companyOf({ plain: { rules: slow } }))).toMatchObject({ activated: false, code: "bundle.too_slow" });
    // A library that decides nothing, or everything, is none that a release of the gateway knows.
    for (const rule of ["decide := {} if input.never", 'decide := {"effect": "allow"}']) {
      const other = await gate.swap({ files: (files) => files.set("toolgate/decide.rego", library(rule)) });
      expect(other).toMatchObject({ activated: false, code: "bundle.unknown_library" });
    }
    expect(told(await call()).effect).toBe("allow");
    const sequences = (await gate.records()).filter(({ kind }) => kind === "intent").map(({ bundle }) => bundle?.sequence);
    expect(sequences).toEqual([1, 1]);
    expect(await gate.readyz()).toMatchObject({
      status: 200,
      body: { parts: { bundle: { ok: true, detail: expect.stringContaining("latest candidate refused: bundle.unknown_library") } } },
    });
  });

  test("one whose own golden case does not hold is refused", async () => {
    const input = { server: { id: "desk" }, principal: { kind: "agent" } };
    const golden = (effect: string) => ({ name: "nobody may", entrypoint: "decide", input, want: { effect } });
    gate = await startGate({ bundle: { data: (data) => void data.cases.push(golden("deny")) } });
    expect(told(await gate.call("desk__echo", {})).effect).toBe("allow");
    const refused = await gate.swap({ data: (data) => void data.cases.push(golden("allow")) });
    expect(refused).toMatchObject({ activated: false, code: "bundle.golden_case_failed", detail: expect.stringContaining("nobody may") });
    expect(told(await gate.call("desk__echo", {})).effect).toBe("allow");
  });
});
