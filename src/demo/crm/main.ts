import { parseArgs } from "node:util";
import { whenParentEnds } from "../../platform/parent-process.ts";
import { DEFAULT_PORT, startCrm } from "./start-crm.ts";

/**
 * The crm as a process of its own: one JSON line on stdout when it is ready, one after each change of its definition
 * (SIGUSR2), an orderly end on SIGTERM and when the process that started it is gone. The company secret comes from CRM_SECRET.
 */
const { values } = parseArgs({ options: { port: { type: "string", default: String(DEFAULT_PORT) }, journal: { type: "string" } } });

const secret = process.env.CRM_SECRET;
if (secret === undefined || secret === "") throw new Error("CRM_SECRET is missing, wanted the company secret that callers must send");

const crm = await startCrm({ port: Number(values.port), secret, ...(values.journal === undefined ? {} : { journalFile: values.journal }) });

process.on("SIGUSR2", () => tell({ changed: true, tool: "export_customers", description: crm.toggleExport() }));
const stop = () => void crm.stop().then(() => process.exit(0));
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
whenParentEnds(stop);

tell({ ready: true, url: crm.url, journal: crm.journalUrl });

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
