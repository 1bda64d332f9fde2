import { parseArgs } from "node:util";
import { startReferenceServer } from "./start.ts";

/** The reference server as a process: one JSON line on stdout when it is ready, an orderly end on SIGTERM. */
const { values } = parseArgs({ options: { era: { type: "string", default: "session" }, port: { type: "string", default: "0" } } });
const { era } = values;
if (era !== "session" && era !== "stateless") throw new Error(`--era is "${era}", wanted session or stateless`);

const server = await startReferenceServer({ era, port: Number(values.port) });
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void server.stop());
process.stdout.write(`${JSON.stringify({ ready: true, era, url: server.url })}\n`);
