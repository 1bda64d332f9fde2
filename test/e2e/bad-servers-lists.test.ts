import { createServer } from "node:http";
import { type AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { type Company, type Gate, type GateOptions, startGate, told } from "../support/gate.ts";
import { offeredTools } from "../support/gate-company.ts";
import type { Tool } from "../support/servers/index.ts";
import { clientEras, wholeCompany } from "./whole-company.ts";
import { askProperly, tokenOf, whole } from "./whole-requests.ts";

// Servers whose lists are not what they should be. What is listed to a client is what was catalogued and pinned, and nothing else.

let gate: Gate;
afterEach(async () => {
  vi.restoreAllMocks();
  await gate.stop();
});

const start = async (options: GateOptions) => {
  gate = await startGate(options);
};
const list = async () => gate.list({ token: await tokenOf(gate) });
const call = async (name: string, args: object = {}, era: "session" | "stateless" = "session", door?: string) =>
  askProperly(gate, "tools/call", { name, arguments: args }, { era, ...(door ? { door } : {}) });

const anything = { type: "object", additionalProperties: true };
const desk = wholeCompany.servers.desk ?? { tools: {} };
const offered = offeredTools(desk) as readonly Tool[];
const all = ["desk__echo", "desk__note", "shelf__echo", "shelf__note"];
const withDesk = (script: object): GateOptions => ({ ...whole, servers: { ...whole.servers, desk: { ...whole.servers.desk, ...script } } });

describe("schemas that refer to something", () => {
  const typed = { outputSchema: { type: "object", properties: { a: { $ref: "http://schemas.example.com/a.json" } } } };
  const item = { type: "object", properties: { next: { $ref: "#/$defs/list" } }, additionalProperties: false };
  const chain = { inputSchema: { type: "object", properties: { list: { $ref: "#/$defs/list" } }, $defs: { list: item } } };
  const company: Company = { servers: { desk: { tools: { chain: { definition: chain }, echo: {}, typed: { definition: typed } } } } };
  const pinned = offeredTools(company.servers.desk ?? { tools: {} }) as readonly Tool[];

  test("elsewhere are never followed: nothing is fetched for a list, a call, a drifted tool or an unknown one", async () => {
    const asked: string[] = [];
    const elsewhere = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.end("{}");
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    const connected = vi.spyOn(Socket.prototype, "connect");
    try {
      const remote = { $ref: `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/schema.json` };
      const tools = [
        { name: "echo", description: "The tool echo.", inputSchema: { ...anything, ...remote } },
        ...pinned.filter(({ name }) => name !== "echo"),
        { name: "fetch", inputSchema: { ...anything, ...remote }, outputSchema: { $id: remote.$ref, $schema: remote.$ref, ...remote } },
      ];
      await start({ company, servers: { desk: { tools } } });
      expect(await list()).toEqual(["desk__chain", "desk__typed"]);
      expect(told(await call("desk__typed", { a: 1 })).effect).toBe("allow");
      expect(told(await call("desk__echo")).codes).toEqual(["tool.drifted"]);
      expect(told(await call("desk__fetch")).effect).toBe("unknown");
      expect(gate.servers.desk?.calls.map(({ tool }) => tool)).toEqual(["typed"]);
      expect(asked).toEqual([]);
      const ports = connected.mock.calls.flatMap((options) => JSON.stringify(options).match(/"port":"?\d+/g) ?? []);
      const known = [gate.url, gate.servers.desk?.url ?? "", gate.issuer.jwksUri].map((url) => new URL(url).port);
      for (const port of ports) expect(known).toContain(port.replaceAll(/\D/g, ""));
      expect(ports.length).toBeGreaterThan(0);
    } finally {
      await new Promise((resolve) => elsewhere.close(resolve));
    }
  });

  test("to themselves end: arguments of any length that fit pass, and a definition that never ends is not even looked into", async () => {
    const endless = {
      ...anything,
      $ref: "#",
      $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } },
      properties: { a: { $ref: "#/$defs/a" } },
    };
    const tools = pinned.map((tool) => (tool.name === "echo" ? { ...tool, inputSchema: endless, outputSchema: endless } : tool));
    await start({ company, servers: { desk: { tools: [...tools, { name: "loop", inputSchema: endless }] } } });
    const deep = (levels: number): object => (levels === 0 ? {} : { next: deep(levels - 1) });
    expect(await list()).toEqual(["desk__chain", "desk__typed"]);
    for (const era of clientEras) {
      expect(told(await call("desk__chain", { list: deep(50) }, era)).effect).toBe("allow");
      for (const [name, args, code] of [
        ["desk__chain", { list: { next: { other: 1 } } }, "args.invalid"],
        ["desk__echo", { a: 1 }, "tool.drifted"],
        ["desk__loop", { a: 1 }, "tool.unknown"],
      ] as const) {
        expect(told(await call(name, args, era)).effect).toBe(code === "tool.unknown" ? "unknown" : "deny");
        expect((await gate.records()).at(-1)).toMatchObject({ kind: "refusal", reasons: [{ code }] });
      }
    }
    expect(gate.servers.desk?.calls.map(({ tool }) => tool)).toEqual(["chain", "chain"]);
  });
});

describe("a server that offers", () => {
  const tools = (count: number): readonly Tool[] => [
    ...offered,
    ...Array.from({ length: count - offered.length }, (_, n) => ({ name: `tool-${n}`, inputSchema: anything })),
  ];
  const prompts = (count: number) =>
    Array.from({ length: count }, (_, n) =>
      n === 0
        ? { name: "greet", description: "The prompt greet.", arguments: [{ name: "who", required: true }, { name: "tone" }] }
        : { name: `prompt-${n}` },
    );
  const resources = (count: number) => Array.from({ length: count }, (_, n) => ({ uri: `desk://notes/${n}`, name: `${n}` }));
  const config = { lists: { page_size: 10_000 } };

  test("10 000 tools, prompts and resources is listed with those that were catalogued", async () => {
    await start({ ...withDesk({ tools: tools(10_000), prompts: prompts(10_000), resources: resources(10_000) }), config });
    expect(await list()).toEqual(all);
    for (const era of clientEras) {
      const ofPrompts = await askProperly(gate, "prompts/list", {}, { era, door: "desk" });
      expect(ofPrompts.message?.result?.prompts).toMatchObject([{ name: "greet" }]);
      const ofResources = await askProperly(gate, "resources/list", {}, { era, door: "desk" });
      expect(ofResources.message?.result?.resources).toHaveLength(10_000);
      expect((await gate.records()).at(-1)).toMatchObject({
        kind: "list",
        method: "resources/list",
        visible: ["desk.notes"],
        count: 10_000,
      });
      expect(told(await call("desk__echo", {}, era)).effect).toBe("allow");
      expect(told(await call("desk__tool-7", {}, era)).effect).toBe("unknown");
    }
    expect(gate.servers.desk?.calls.map(({ tool }) => tool)).toEqual(["echo", "echo"]);
  });

  test("one tool more is not listed at all, while the others are", async () => {
    await start(withDesk({ tools: tools(10_001) }));
    expect(await list()).toEqual(["shelf__echo", "shelf__note"]);
    expect(told(await call("desk__echo")).codes).toEqual(["upstream.invalid_answer"]);
    expect((await gate.records()).at(-1)).toMatchObject({
      kind: "refusal",
      target: "desk.echo",
      reasons: [{ code: "upstream.invalid_answer" }],
    });
    expect(gate.servers.desk?.calls).toEqual([]);
  });

  test("one prompt and one resource more has none, and its tools all the same", async () => {
    await start(withDesk({ prompts: prompts(10_001), resources: resources(10_001) }));
    expect(await list()).toEqual(all);
    const ofResources = await askProperly(gate, "resources/list", {}, { era: "stateless" });
    expect(ofResources.message?.result?.resources).toMatchObject([{ uri: "shelf://notes/one" }]);
    const got = await askProperly(gate, "prompts/get", { name: "desk__greet", arguments: { who: "bob" } }, { era: "session" });
    expect(told(got).codes, got.text).toEqual(["prompt.drifted"]);
    expect(gate.servers.desk?.reached).toEqual([]);
  });

  test.each([
    ["pages without an end", (n: number) => `page-${n}`],
    ["pages that lead back to themselves", () => "again"],
    ["a page that leads to a cursor of a megabyte", (n: number) => `${n}${"x".repeat(1_000_000)}`],
  ])("%s is given up soon, while the others are listed", async (_title, cursor) => {
    let page = 0;
    const result = () => ({ kind: "result", result: { tools: page === 0 ? offered : [], nextCursor: cursor(++page) } });
    await start(withDesk({ answers: { "tools/list": result } }));
    expect(await list()).toEqual(["shelf__echo", "shelf__note"]);
    expect(page).toBeLessThan(1_000);
    expect(told(await call("desk__echo")).effect).toBe("deny");
    expect(gate.servers.desk?.calls).toEqual([]);
  });
});

describe("names", () => {
  const lookAlikes: readonly (readonly [title: string, name: string])[] = [
    ["a line break", "echo\n"],
    ["NUL", "echo\0"],
    ["an escape sequence", "\u001b[2Kecho"],
    ["a zero width space", "e\u200bcho"],
    ["a zero width joiner", "echo\u200d"],
    ["a byte order mark", "\ufeffecho"],
    ["a soft hyphen", "ec\u00adho"],
    ["letters that run from right to left", "\u202eohce"],
    ["an isolate", "\u2066echo\u2069"],
    ["a Cyrillic letter", "e\u0441ho"],
    ["full width", "\uff45\uff43\uff48\uff4f"],
    ["a combining mark", "echo\u0301"],
    ["another case", "Echo"],
    ["a space behind", "echo "],
    ["a no-break space", "echo\u00a0"],
    ["a tag character", "echo\u{e0061}"],
    ["nothing", ""],
    ["257 signs", "e".repeat(257)],
    ["the prototype", "__proto__"],
  ];
  const wanted = (name: string) => ({ name, description: "The tool echo.", inputSchema: anything });

  test("that only look like those of a tool, a prompt or a resource are neither listed nor known, and those beside them are", async () => {
    const names = lookAlikes.map(([, name]) => name);
    const greet = { description: "The prompt greet.", arguments: [{ name: "who", required: true }, { name: "tone" }] };
    const prompts = [{ name: "greet", ...greet }, ...names.map((name) => ({ ...greet, name: name.replace("echo", "greet") }))];
    const resources = names.map((name) => ({ uri: `desk://notes/${name}`, name: "one" }));
    await start(withDesk({ tools: [...offered, ...names.map(wanted), { inputSchema: anything }, 7, null], prompts, resources }));
    expect(await list()).toEqual(all);
    for (const era of clientEras) {
      const ofPrompts = await askProperly(gate, "prompts/list", {}, { era, door: "desk" });
      expect(ofPrompts.message?.result?.prompts).toMatchObject([{ name: "greet" }]);
      const ofResources = await askProperly(gate, "resources/list", {}, { era, door: "desk" });
      // In URIs there are no such signs: they are written as bytes, and nothing hides behind what is shown.
      const listed = (ofResources.message?.result?.resources ?? []) as readonly { readonly uri: string }[];
      for (const { uri } of listed) expect(uri).toMatch(/^[\x21-\x7e]+$/);
      for (const [title, name] of lookAlikes.filter(([, name]) => name !== "")) {
        for (const door of [undefined, "desk"]) {
          const refused = await call(door ? name : `desk__${name}`, {}, era, door);
          expect(refused.message?.error?.code, `${title}: ${refused.text}`).toBe(-32602);
          expect((await gate.records()).at(-1), title).toMatchObject({ kind: "refusal", reasons: [{ code: "tool.unknown" }] });
        }
      }
      expect(told(await call("desk__echo", {}, era)).effect).toBe("allow");
    }
    expect(gate.servers.desk?.calls.map(({ tool }) => tool)).toEqual(["echo", "echo"]);
  });

  test("that are no text that every reader understands make the whole list one that is not believed", async () => {
    await start(withDesk({ tools: [...offered, wanted("echo\ud800")] }));
    expect(await list()).toEqual(["shelf__echo", "shelf__note"]);
    expect(told(await call("desk__echo")).codes).toEqual(["upstream.invalid_answer"]);
    expect(gate.servers.desk?.calls).toEqual([]);
  });

  test("that come twice mean neither", async () => {
    const tools = [...offered, { ...wanted("echo"), description: "Another echo." }];
    for (const pageSize of [10, 1]) {
      await start(withDesk({ tools, pageSize }));
      expect(await list()).toEqual(["desk__note", "shelf__echo", "shelf__note"]);
      expect(told(await call("desk__echo")).codes).toEqual(["tool.drifted"]);
      expect(gate.servers.desk?.calls).toEqual([]);
      if (pageSize > 1) await gate.stop();
    }
  });
});

describe("a server whose lists change", () => {
  test("with each reading is called only as it was approved, and each refusal is on record", async () => {
    const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
    let reading = 0;
    const drifted = (n: number) => offered.map((tool) => ({ ...tool, description: `Reading ${n}.` }));
    const result = () => ({ kind: "result", result: { tools: ++reading % 2 === 1 ? offered : drifted(reading) } });
    const config = { upstream: { refresh_ms: 1_000, believe_ms: 1_000 } };
    await start({ ...withDesk({ answers: { "tools/list": result } }), clock, config });
    const token = await gate.token({ lifetime: 3_600 });
    const said: string[] = [];
    for (let n = 0; n < 20; n++) {
      const names = await gate.list({ token });
      expect(names.filter((name) => !all.includes(name))).toEqual([]);
      const { effect, codes } = told(await gate.call("desk__echo", { n }, { token }));
      said.push(codes[0] ?? effect);
      // What was just read counts for the list and for the call.
      expect(names.includes("desk__echo")).toBe(effect === "allow");
      clock.advance(1_500);
    }
    expect(new Set(said)).toEqual(new Set(["allow", "tool.drifted"]));
    expect(gate.servers.desk?.calls).toHaveLength(said.filter((one) => one === "allow").length);
    const refusals = (await gate.records()).filter(({ kind, reasons }) => kind === "refusal" && reasons?.[0]?.code === "tool.drifted");
    expect(refusals).toHaveLength(said.filter((one) => one === "tool.drifted").length);
  });

  test("and that says so 1 000 times is not read 1 000 times", async () => {
    const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
    await start({ ...whole, clock });
    const token = await gate.token();
    expect(await gate.list({ token })).toEqual(all);
    const server = gate.servers.desk;
    await server?.when(() => server.streams.size > 0);
    const readings = () => server?.received.filter(({ message }) => message.method === "tools/list").length ?? 0;
    const before = readings();
    for (let n = 0; n < 1_000; n++) server?.setTools([...offered, { name: `tool-${n}`, inputSchema: anything }]);
    await server?.when(() => readings() > before);
    expect(await gate.list({ token })).toEqual(all);
    expect(told(await gate.call("desk__echo", {}, { token })).effect).toBe("allow");
    expect(readings() - before).toBeLessThan(20);
  });
});
