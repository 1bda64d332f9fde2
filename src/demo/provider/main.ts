import { parseArgs } from "node:util";
import { whenParentEnds } from "../../platform/parent-process.ts";
import { DEFAULT_PORT, startProvider } from "./start-provider.ts";

/**
 * The provider as a process of its own: one JSON line on stdout when it is ready, one after each rotation of its keys
 * (SIGUSR2), an orderly end on SIGTERM and when the process that started it is gone.
 */
const { values } = parseArgs({
  options: {
    port: { type: "string", default: String(DEFAULT_PORT) },
    issuer: { type: "string" },
    audience: { type: "string", multiple: true, default: ["http://127.0.0.1:4400"] },
    algorithm: { type: "string", default: "RS256" },
    "ttl-seconds": { type: "string", default: "3600" },
    "drop-old-keys": { type: "boolean", default: false },
  },
});

const { algorithm } = values;
if (algorithm !== "RS256" && algorithm !== "ES256") throw new Error(`unknown algorithm "${algorithm}", wanted RS256 or ES256`);

const provider = await startProvider({
  port: Number(values.port),
  ...(values.issuer === undefined ? {} : { issuer: values.issuer }),
  audiences: values.audience,
  algorithm,
  ttlSeconds: Number(values["ttl-seconds"]),
  keepOldKeys: !values["drop-old-keys"],
});

process.on("SIGUSR2", () => {
  provider.rotate();
  tell({ rotated: true, keys: provider.keyIds() });
});
const stop = () => void provider.stop().then(() => process.exit(0));
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
whenParentEnds(stop);

tell({ ready: true, url: provider.url });

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
