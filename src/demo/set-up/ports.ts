import { once } from "node:events";
import { createServer } from "node:net";

/** What listens where, counted from the gateway's port. */
export const offsets = { gateway: 0, provider: 1, crm: 2, "everything-http": 3, admin: 4 } as const;

/** A sentence for each port on loopback that something else listens on; nothing when all are free. */
export async function takenPorts(first: number): Promise<readonly string[]> {
  const taken: string[] = [];
  for (const [name, offset] of Object.entries(offsets)) {
    const problem = await problemAt(first + offset);
    if (problem !== undefined) taken.push(`port ${first + offset}, wanted for ${name}, is ${problem}`);
  }
  return taken;
}

async function problemAt(port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : error;
    return code === "EADDRINUSE" ? "taken" : `not to be had (${String(code)})`;
  } finally {
    server.close();
  }
}
