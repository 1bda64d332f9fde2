import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The entry of @modelcontextprotocol/server-everything; arguments `stdio` or `streamableHttp`. */
export const everythingEntry = fileURLToPath(
  new URL("../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js", import.meta.url),
);

export interface Everything {
  readonly url: string;
  /** Ends the process and starts another one on the same port, which knows none of the sessions. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** The real server-everything over streamable HTTP, on 127.0.0.1. */
export async function startEverything(): Promise<Everything> {
  let running = await start("0");
  const { port } = running;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async restart() {
      await running.end();
      running = await start(port);
    },
    close: () => running.end(),
  };
}

async function start(wanted: string): Promise<{ readonly port: string; end(): Promise<void> }> {
  const preload = new URL("./loopback.mjs", import.meta.url).href;
  const child = spawn(process.execPath, ["--import", preload, everythingEntry, "streamableHttp"], {
    env: { PORT: wanted },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    port: await listening(child),
    async end() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`server-everything ended with ${code}`)));
    if (child.stderr === null) return;
    createInterface({ input: child.stderr }).on("line", (line) => {
      const found = /^listening on (\d+)$/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
}
