import type { Company, CompanyServer } from "../support/gate.ts";

/** A server that offers one thing of every kind and may ask everything. URIs of its own, so that the aggregate can tell the two apart. */
function whole(era: "session" | "stateless", scheme: string): CompanyServer {
  return {
    era,
    row: { asks: ["elicitation", "roots", "sampling"], ...(era === "stateless" ? { extensions: ["io.modelcontextprotocol/tasks"] } : {}) },
    tools: { echo: {}, note: { facts: { risk: "medium", effects: ["write"], idempotent: false } } },
    prompts: { greet: { arguments: [{ name: "who", required: true }, { name: "tone" }] } },
    resources: { notes: { uri: `${scheme}://notes/**` }, pages: { template: `${scheme}://pages/{id}` } },
    listed: {
      resources: { [`${scheme}://notes/one`]: { mimeType: "text/plain" } },
      templates: { [`${scheme}://pages/{id}`]: { mimeType: "text/plain" } },
    },
  };
}

/** Two servers that offer the same in the two eras: `desk` with sessions and `desk://` URIs, `shelf` stateless with `shelf://`. */
export const wholeCompany: Company = { servers: { desk: whole("session", "desk"), shelf: whole("stateless", "shelf") } };

/** What the recording servers of that company can do besides. */
export const wholeServers = {
  desk: { completions: true, logging: true },
  shelf: { completions: true, logging: true, extensions: { "io.modelcontextprotocol/tasks": {} } },
} as const;

export const servers = ["desk", "shelf"] as const;
export const clientEras = ["session", "stateless"] as const;

/** Each client era with each server: all four ways through the gate. */
export const ways = clientEras.flatMap((client) => servers.map((server) => ({ client, server })));
