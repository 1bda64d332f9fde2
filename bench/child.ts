import type { Server } from "node:http";

/** Tells the bench, which started this process, that it is ready. A child whose bench is gone ends by itself. */
export function tell(ready: Readonly<Record<string, unknown>>): void {
  process.on("disconnect", () => process.exit(0));
  // The bench ends its children itself, after it has read what they measured.
  process.on("SIGINT", () => {});
  process.send?.(ready);
}

export function listenAndTell(server: Server): void {
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (typeof address === "object" && address !== null) tell({ url: `http://127.0.0.1:${address.port}` });
  });
}
