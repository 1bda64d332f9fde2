import { describe, expect, it } from "vitest";
import {
  type Behaviour,
  duplicateKey,
  huge,
  inputRequired,
  notJson,
  progress,
  recordingStdio,
  samplingAsked,
  unsafeInteger,
} from "../../support/servers/index.ts";
import { call, closing, type Harness, harness, overStdio, told } from "./harness.ts";

function start(options: Parameters<typeof recordingStdio>[0] = {}, config: Record<string, unknown> = {}) {
  const crm = closing(recordingStdio(options));
  return { crm, ...harness({ places: { process: crm.place }, ...config }) };
}

function isRunning(pid: number | undefined): boolean {
  try {
    process.kill(pid ?? 0, 0);
    return true;
  } catch {
    return false;
  }
}

/** The process ended and its restart was put off. */
async function ended({ when, later }: Harness): Promise<void> {
  await when(() => later.length > 0);
}

describe("a server over stdio", () => {
  it.each(["session", "stateless"] as const)("of the %s era gets exactly the text of the arguments", async (era) => {
    const { crm, upstream } = start({ era });
    const connection = upstream.connect(overStdio(crm));
    const reply = await connection.call(call({ argsText: '{"amount":1.50,"text":"line\\nbreak"}' }));
    expect(reply).toMatchObject({ ok: true, value: { era, status: 0 } });
    expect(crm.calls()[0]?.argsText).toBe('{"amount":1.50,"text":"line\\nbreak"}');
  });

  it("gets arguments on one line, so that they cannot begin a message of their own", async () => {
    const { crm, upstream } = start();
    const connection = upstream.connect(overStdio(crm));
    const argsText = '{\n"a": [\r\n{"jsonrpc":"2.0","id":99,"method":"tools/call","params":{"name":"echo"}}\n]}';
    expect(await told(connection, { argsText })).toBe("result");
    expect(crm.calls()).toHaveLength(1);
    expect(crm.calls()[0]?.args).toEqual(JSON.parse(argsText));
  });

  it("gets an empty environment, the working directory of its place, and its arguments as they are", async () => {
    const { crm, upstream } = start();
    await upstream.connect(overStdio(crm)).listing();
    expect(crm.starts()).toEqual([{ started: expect.any(Number), environment: {}, cwd: crm.place.cwd, argv: [crm.place.cwd] }]);
  });

  it("has no shell between: what looks like a command is an argument", async () => {
    const { crm, upstream } = start();
    const definition = overStdio(crm);
    const argv = [...crm.argv, "$(touch owned); echo `id`", "*"];
    await upstream.connect({ ...definition, transport: { kind: "stdio", place: "process", argv, era: "auto" } }).listing();
    expect(crm.starts()[0]?.argv.slice(1)).toEqual(["$(touch owned); echo `id`", "*"]);
  });

  it("that ends at a question it does not know is started again and initialized", async () => {
    const { crm, upstream } = start({ dieOnDiscover: true });
    const listing = await upstream.connect(overStdio(crm)).listing();
    expect(listing).toMatchObject({ ok: true, value: { era: "session" } });
    expect(crm.starts()).toHaveLength(2);
  });

  it("answers many calls at once, each with its own answer", async () => {
    const { crm, upstream } = start();
    crm.answer("echo", { kind: "echo", delayMs: 5 });
    const connection = upstream.connect(overStdio(crm));
    await connection.listing();
    const replies = await Promise.all(Array.from({ length: 20 }, (_, n) => connection.call(call({ argsText: `{"n":${n}}` }))));
    expect(
      replies.map((reply) => reply.ok && reply.value.outcome.kind === "result" && reply.value.outcome.result.structuredContent),
    ).toEqual(replies.map((_, n) => ({ echo: { n } })));
  });

  it("gives its progress to the call that it belongs to", async () => {
    const { crm, upstream } = start();
    crm.answer("echo", progress(2));
    const seen: unknown[] = [];
    await upstream.connect(overStdio(crm)).call(call({ onProgress: ({ progress: step }) => seen.push(step) }));
    expect(seen).toEqual([1, 2]);
  });

  it("that asks for something is answered -32601, which is reported", async () => {
    const { crm, upstream, asked } = start();
    crm.answer("echo", samplingAsked);
    expect(await told(upstream.connect(overStdio(crm)))).toBe("result");
    expect(asked).toEqual([{ server: "crm", method: "sampling/createMessage" }]);
    await crm.when(() => crm.received().some(({ message }) => message.id === "ask-1" && message.error !== undefined));
  });

  const refused: [string, Behaviour, string][] = [
    ["half a JSON text", notJson, "upstream.invalid_answer dispatched"],
    ["a key twice", duplicateKey, "upstream.ambiguous dispatched"],
    ["a question for input", inputRequired, "upstream.invalid_answer dispatched"],
    ["more bytes than allowed", huge(3_000), "upstream.too_large dispatched"],
    ["a line longer than any may be", huge(20_000), "upstream.too_large dispatched"],
    ["its end", { kind: "drop" }, "upstream.unavailable dispatched"],
  ];
  it.each(refused)("that answers with %s is refused", async (_name, behaviour, code) => {
    const { crm, upstream } = start({ era: "stateless" }, { list_max_bytes: 10_000 });
    const connection = upstream.connect(overStdio(crm, "auto", { maxResultBytes: 2_000 }));
    await connection.listing();
    crm.answer("echo", { kind: "result", result: { resultType: "complete", content: [] } });
    expect(await told(connection)).toBe("result");
    crm.answer("echo", behaviour);
    expect(await told(connection)).toBe(code);
  });

  it("keeps the literal of an integer that no double holds", async () => {
    const { crm, upstream } = start();
    crm.answer("echo", unsafeInteger);
    const reply = await upstream.connect(overStdio(crm)).call(call());
    expect(reply).toMatchObject({ ok: true, value: { outcome: { text: expect.stringContaining("9007199254740993") } } });
  });

  it("that does not answer in time is told that the call is cancelled, and its late answer is nobody's", async () => {
    const { crm, upstream } = start();
    const connection = upstream.connect(overStdio(crm));
    await connection.listing();
    crm.answer("echo", { kind: "hang" });
    expect(await told(connection, { timeoutMs: 40 })).toBe("upstream.timeout dispatched");
    await crm.when(() => crm.received().some(({ message }) => message.method === "notifications/cancelled"));
    const controller = new AbortController();
    const reply = told(connection, { signal: controller.signal });
    await crm.when(() => crm.calls().length === 2);
    controller.abort();
    expect(await reply).toBe("upstream.cancelled dispatched");
  });

  it("that ended is started again later and later, and meanwhile refused at once", async () => {
    const run = start({}, { stdio: { restart_base_ms: 100, restart_max_ms: 300 }, breaker: { failures: 5 } });
    const { crm, upstream, later, clock, changed, when } = run;
    const connection = upstream.connect(overStdio(crm));
    await connection.listing();
    for (const wait of [100, 200, 300, 300]) {
      crm.answer("echo", { kind: "drop" });
      expect(await told(connection)).toBe("upstream.unavailable dispatched");
      await ended(run);
      expect(later.map(({ ms }) => ms)).toEqual([wait]);
      expect(connection.current()).toBeUndefined();
      expect(await told(connection)).toBe("upstream.unavailable not dispatched");
      crm.answer("echo", { kind: "echo" });
      clock.advance(wait);
      later.splice(0)[0]?.run();
      expect((await connection.listing()).ok).toBe(true);
    }
    expect(await told(connection)).toBe("result");
    expect(crm.starts()).toHaveLength(5);
    await when(() => changed.length > 0);
  });

  it("whose program does not exist is unavailable", async () => {
    const { upstream } = harness({ places: { process: { executable: "/nowhere/at/all" } } });
    const connection = upstream.connect(overStdio({ argv: [] } as never));
    expect(await told(connection)).toBe("upstream.unavailable not dispatched");
  });

  it("is ended when the gateway closes, also when it does not want to", async () => {
    const { crm, upstream } = start({ ignoreTerm: true }, { stdio: { stop_grace_ms: 50 } });
    await upstream.connect(overStdio(crm)).listing();
    const pid = crm.starts()[0]?.started;
    expect(isRunning(pid)).toBe(true);
    await upstream.close();
    expect(isRunning(pid)).toBe(false);
  });

  it("has what it writes to its error output logged for debugging, without secrets and in bounded lines", async () => {
    const crm = closing(recordingStdio({ hello: `the key is s3cr3t-value ${"x".repeat(9_000)}` }));
    const { upstream, logs, when } = harness(
      { places: { process: crm.place } },
      { scrub: (text) => text.replaceAll("s3cr3t-value", "[secret]") },
    );
    await upstream.connect(overStdio(crm)).listing();
    const written = () => logs.filter(({ fields }) => typeof fields.stderr === "string");
    await when(() => written().length > 0);
    expect(written()[0]).toMatchObject({
      level: "debug",
      fields: { server: "crm", stderr: expect.stringMatching(/^the key is \[secret\]/) },
    });
    expect(String(written()[0]?.fields.stderr).length).toBeLessThan(2_100);
  });
});
