import { dataFile, defaultBundleLimits, readBundle, readJsonFile, wasmFile } from "../src/parts/bundle/index.ts";
import { createPolicy, lightLoad, policyDataText } from "../src/parts/policy/index.ts";
import { silentLogger } from "../src/platform/logger.ts";
import { definitions, SERVER, toolName } from "./calls.ts";

export interface PolicyTimes {
  readonly decide_p50_us: number;
  readonly discover200_p50_ms: number;
}

const limits = { timeoutMs: 1000, workers: 1, maxMemoryBytes: 64 * 1024 * 1024 };

/** Times the bundle's policy in this process: on inputs that the gate really asked it, and on a list of all tools. */
export async function timePolicy(bytes: Uint8Array, inputs: readonly string[], evaluations: number): Promise<PolicyTimes> {
  const contents = await readBundle(bytes, defaultBundleLimits);
  if (!contents.ok) throw new Error(contents.error.detail);
  const read = readJsonFile(contents.value, dataFile);
  const wasm = contents.value.files.get(wasmFile);
  if (!read.ok || wasm === undefined) throw new Error("the bundle of the bench cannot be read");
  const policy = await createPolicy({ wasm, data: policyDataText(read.value as Readonly<Record<string, unknown>>) }, limits, silentLogger);
  if (!policy.ok) throw new Error(policy.error.detail);
  const list = listInput(inputs[0] ?? "{}");
  try {
    const decide = await median(evaluations, async (turn) => {
      const { effect } = await policy.value.decide(inputs[turn % inputs.length] ?? "{}", lightLoad);
      if (effect !== "allow") throw new Error(`the policy of the bench says "${effect}"`);
    });
    const discover = await median(Math.ceil(evaluations / 20), async () => {
      const visible = await policy.value.discover(list, { widest: definitions().length, nested: false });
      if (visible.includes(false)) throw new Error("a tool of the list is not visible");
    });
    return { decide_p50_us: decide * 1000, discover200_p50_ms: discover };
  } finally {
    await policy.value.close();
  }
}

/** What a list asks: the caller of a call, with a role for all tools, and every tool as an item. */
function listInput(input: string): string {
  const { args: _args, args_digest: _digest, server, tool, agent, user, ...common } = JSON.parse(input) as Record<string, object>;
  const items = definitions().map((_, index) => ({ server, tool: { ...tool, id: `${SERVER}.${toolName(index)}`, name: toolName(index) } }));
  const widened = { agent: { ...agent, roles: ["wide"] }, user: { ...user, roles: ["wide"] } };
  return JSON.stringify({ ...common, ...widened, phase: "discover", method: "tools/list", items });
}

/** The median time of `count` turns in milliseconds, after a warm-up of as many. */
async function median(count: number, turn: (index: number) => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < count * 2; index++) {
    const started = performance.now();
    await turn(index);
    if (index >= count) times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
