// The interoperability matrix: every client with every server, through the gate.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startGateway } from "../conformance/gateway.ts";
import { clientsOf } from "./clients.ts";
import { fetchPeers, versions } from "./fetch.ts";
import { asJson, asPage, asText, failuresOf, type Row } from "./matrix.ts";
import { startPeers } from "./peers.ts";

const { values } = parseArgs({ options: { json: { type: "boolean", default: false }, write: { type: "boolean", default: false } } });
const say = (words: string) => process.stderr.write(`${words}\n`);
const root = new URL("../../", import.meta.url);

const fetched = await fetchPeers(fileURLToPath(new URL(".cache/interop", root)), say);
const folder = await mkdtemp(join(tmpdir(), "toolgate-interop-"));
await writeFile(join(folder, "note.txt"), "A note.\n");
const running: { stop(): Promise<void> }[] = [{ stop: () => rm(folder, { recursive: true, force: true }) }];
try {
  const peers = await startPeers(fetched, folder);
  running.push(...peers);
  say("building the bundle");
  const places = Object.fromEntries(peers.map(({ server, place }) => [server.id, place]));
  const gateway = await startGateway(
    peers.map(({ server }) => server),
    places,
  );
  running.push(gateway);
  const rows: Row[] = [];
  for (const client of clientsOf(fetched)) {
    say(client.title);
    const cells: Row["cells"][number][] = [];
    for (const { title, server, plan } of peers) {
      const url = new URL(`${gateway.url}/servers/${server.id}/mcp`);
      cells.push({ server: title, outcome: await client.run(url, gateway.bearer, plan) });
    }
    rows.push({ client: client.title, cells });
  }
  const failures = failuresOf(rows);
  process.stdout.write(values.json ? `${JSON.stringify(asJson(rows))}\n` : `${asText(rows)}\n\n`);
  if (!values.json) process.stdout.write(failures.length === 0 ? "No failures.\n" : `${failures.map((line) => `  ${line}`).join("\n")}\n`);
  if (values.write) await writeFile(new URL("docs/interoperability.md", root), asPage(rows, versions()));
  process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
  for (const one of running.toReversed()) await one.stop();
}
