import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The entry of @modelcontextprotocol/server-everything; arguments `stdio` or `streamableHttp`. */
export const everythingEntry = fileURLToPath(
  new URL("../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js", import.meta.url),
);

/** The real server-everything over streamable HTTP, on 127.0.0.1. */
export async function startEverything(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const preload = new URL("./loopback.mjs", import.meta.url).href;
  const child = spawn(process.execPath, ["--import", preload, everythingEntry, "streamableHttp"], {
    env: { PORT: "0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`server-everything ended with ${code}`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      const found = /^listening on (\d+)$/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async close() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
