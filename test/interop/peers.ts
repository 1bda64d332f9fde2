import { fileURLToPath } from "node:url";
import type { UnseenServer } from "../conformance/company.ts";
import { startProgram } from "../conformance/process.ts";
import type { Fetched } from "./fetch.ts";
import type { Plan } from "./plan.ts";

/** One server of the matrix, running, with what every client does with it. */
export interface Peer {
  readonly title: string;
  readonly server: UnseenServer;
  /** As `places` of the configuration has it. */
  readonly place: Readonly<Record<string, unknown>>;
  readonly plan: Plan;
  stop(): Promise<void>;
}

const reference = fileURLToPath(new URL("../../examples/reference-server/main.ts", import.meta.url));
const packageEntry = (path: string) => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));
const idle = async () => {};

const referencePlan: Plan = {
  tool: { name: "test_simple_text", args: {}, wants: "simple text" },
  prompt: { name: "test_simple_prompt", args: {} },
  resource: "test://static-text",
  question: { name: "test_streaming_elicitation", args: {}, wants: '"name":"ann"' },
};
const foreignPlan: Plan = {
  tool: { name: "add", args: { a: 2, b: 3 }, wants: "5" },
  prompt: { name: "summary", args: { topic: "bees" } },
  resource: "note://one",
};

/** Starts every server that listens; those over stdio are started by the gateway. `folder` is theirs to read and write. */
export async function startPeers(fetched: Fetched, folder: string): Promise<readonly Peer[]> {
  const listening = await Promise.all([
    overHttp("ts-v1", "TypeScript SDK v1", "session", [process.execPath, reference, "--era", "session"], referencePlan),
    overHttp("ts-v2", "TypeScript SDK v2", "stateless", [process.execPath, reference, "--era", "stateless"], referencePlan),
    overHttp("python", "Python SDK", "auto", [fetched.python, fileURLToPath(new URL("python/server.py", import.meta.url))], {
      ...foreignPlan,
      question: { name: "greet", args: {}, wants: "ann" },
    }),
    overHttp("go", "Go SDK", "auto", [fetched.go, "server"], foreignPlan),
  ]);
  const { executable } = { executable: "node" };
  const stdio = (id: string, title: string, paths: Readonly<Record<string, string>>, more: readonly string[], plan: Plan): Peer => ({
    title,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the argv template of a bundle is written this way
    server: unseen(id, { kind: "stdio", place: id, argv: ["${paths.server}", ...more], era: "session" }, plan),
    place: { executable, paths },
    plan,
    stop: idle,
  });
  return [
    ...listening,
    stdio("everything", "server-everything", { server: packageEntry("@modelcontextprotocol/server-everything/dist/index.js") }, ["stdio"], {
      tool: { name: "echo", args: { message: "hello" }, wants: "hello" },
      prompt: { name: "simple-prompt", args: {} },
    }),
    stdio(
      "filesystem",
      "server-filesystem",
      { server: packageEntry("@modelcontextprotocol/server-filesystem/dist/index.js"), folder },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the argv template of a bundle is written this way
      ["${paths.folder}"],
      { tool: { name: "list_directory", args: { path: folder }, wants: "note.txt" } },
    ),
    stdio("memory", "server-memory", { server: fetched.memoryServer }, [], {
      tool: { name: "read_graph", args: {}, wants: "entities" },
    }),
  ];
}

async function overHttp(
  id: string,
  title: string,
  era: "session" | "stateless" | "auto",
  command: readonly string[],
  plan: Plan,
): Promise<Peer> {
  const running = await startProgram(command);
  return {
    title,
    server: unseen(id, { kind: "http", place: id, host_class: "loopback", era }, plan),
    place: { url: String(running.ready.url) },
    plan,
    stop: running.stop,
  };
}

/** What the plan needs is approved, and all prompts and resources that the server lists. */
function unseen(id: string, transport: UnseenServer["transport"], { tool, question }: Plan): UnseenServer {
  return {
    id,
    transport,
    asks: ["elicitation"],
    approve: ({ prompts, resources }) => ({
      tools: Object.fromEntries([tool, ...(question === undefined ? [] : [question])].map(({ name, args }) => [name, args])),
      prompts: [...prompts.keys()],
      resources: Object.fromEntries([...resources.keys()].map((uri, index) => [`r${index}`, { uri }])),
    }),
  };
}
