import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const VERSION = "2026-07-28";

interface Sample {
  readonly about: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const samples: Readonly<Record<string, Sample>> = {
  list: { about: "The tools that this caller may use.", method: "tools/list", params: {} },
  customer: {
    about: "A call that support may make; the bank account is taken out of the result.",
    method: "tools/call",
    params: { name: "crm__get_customer", arguments: { id: "C-1" } },
  },
  refund: {
    about: "A call that a rule on its arguments refuses.",
    method: "tools/call",
    params: { name: "crm__refund", arguments: { ticket: "T-1", customer: "C-1", amount: 1500 } },
  },
};

/**
 * Writes each sample request as two files: the message (`list.json`), and what curl needs around it (`list.curl`, for
 * `curl --config`), because the revision of 2026 wants the method in a header too.
 */
export async function writeRequests(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, sample] of Object.entries(samples)) {
    await writeFile(join(folder, `${name}.json`), `${JSON.stringify(messageOf(sample), null, 2)}\n`);
    await writeFile(join(folder, `${name}.curl`), curlConfig(sample, join(folder, `${name}.json`)));
  }
}

function messageOf({ method, params }: Sample): object {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": VERSION,
    "io.modelcontextprotocol/clientInfo": { name: "curl", version: "8" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  return { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } };
}

function curlConfig({ about, method, params }: Sample, file: string): string {
  const headers = {
    "Content-Type": "application/json",
    Accept: "application/json, text/event-stream",
    "MCP-Protocol-Version": VERSION,
    "Mcp-Method": method,
    ...(typeof params.name === "string" ? { "Mcp-Name": params.name } : {}),
  };
  const lines = Object.entries(headers).map(([name, value]) => `header = "${name}: ${value}"`);
  return `# ${about}\n${lines.join("\n")}\ndata = "@${file}"\n`;
}
