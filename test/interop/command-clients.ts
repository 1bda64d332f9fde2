import { execFile } from "node:child_process";
import { attempt, type Outcome, type Plan, wanted } from "./plan.ts";

const TIMEOUT_MS = 60_000;

/** A client in another language: it gets address, bearer and plan, and prints the outcome as its last line. */
export function otherLanguage(command: readonly string[], mode: readonly string[] = []) {
  return async (url: URL, bearer: string, plan: Plan): Promise<Outcome> => {
    const { output } = await execute([...command, url.href, bearer, ...mode, JSON.stringify(plan)]);
    const last = output.trim().split("\n").at(-1) ?? "";
    try {
      return JSON.parse(last) as Outcome;
    } catch {
      return { connect: { ok: false, said: last.slice(0, 300) } };
    }
  };
}

/** The command line of the MCP inspector: one process a step. It has no way to answer a question. */
export function inspector(script: string) {
  return async (url: URL, bearer: string, plan: Plan): Promise<Outcome> => {
    const outcome: Outcome = {};
    const ask = async (...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
      const common = ["--cli", url.href, "--transport", "http", "--header", `Authorization: Bearer ${bearer}`];
      const { code, output, errors } = await execute([process.execPath, script, ...common, ...args]);
      if (code !== 0) throw new Error((errors || output).trim());
      return JSON.parse(output) as Readonly<Record<string, unknown>>;
    };
    const { tool, prompt, resource } = plan;
    const reached = await attempt(outcome, "tools", async () => has(await ask("--method", "tools/list"), "tools", tool.name));
    outcome.connect = { ok: reached, said: reached ? "" : (outcome.tools?.said ?? "") };
    const args = Object.entries(tool.args).map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
    await attempt(outcome, "call", async () => {
      const pairs = args.length === 0 ? [] : ["--tool-arg", ...args];
      const result = await ask("--method", "tools/call", "--tool-name", tool.name, ...pairs);
      return wanted(JSON.stringify(result.content), tool, result.isError === true);
    });
    if (prompt !== undefined) {
      await attempt(outcome, "prompt", async () => {
        has(await ask("--method", "prompts/list"), "prompts", prompt.name);
        const pairs = Object.entries(prompt.args).map(([key, value]) => `${key}=${value}`);
        const given = pairs.length === 0 ? [] : ["--prompt-args", ...pairs];
        return count(await ask("--method", "prompts/get", "--prompt-name", prompt.name, ...given), "messages");
      });
    }
    if (resource !== undefined)
      await attempt(outcome, "resource", async () => count(await ask("--method", "resources/read", "--uri", resource), "contents"));
    return outcome;
  };
}

function has(result: Readonly<Record<string, unknown>>, kind: string, name: string): number {
  const items = result[kind];
  if (!Array.isArray(items) || !items.some((item: { readonly name?: unknown }) => item.name === name))
    throw new Error(`${name} is not listed`);
  return items.length;
}

function count(result: Readonly<Record<string, unknown>>, member: string): number {
  const items = result[member];
  if (!Array.isArray(items)) throw new Error(`the result has no ${member}`);
  return items.length;
}

interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

function execute([file = "", ...args]: readonly string[]): Promise<Ended> {
  // A home of its own: the inspector keeps a catalogue of servers there.
  const env = { PATH: process.env.PATH ?? "", HOME: process.env.TMPDIR ?? "/tmp" };
  return new Promise((resolve) => {
    execFile(file, args, { timeout: TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024, env }, (error, output, errors) => {
      resolve({ code: error === null ? 0 : 1, output, errors });
    });
  });
}
