import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { casesOf } from "./cases.ts";
import { type Stranger, strangerOf } from "./company.ts";
import { type Concern, concernsOf } from "./concerns/index.ts";
import { invariantsText } from "./invariants.ts";
import { pinsText } from "./pins.ts";
import { type StrangerSize, strangersSize } from "./size.ts";
import { tablesOf } from "./tables.ts";

export { agentId, type Stranger, strangerOf, toolId } from "./company.ts";
export { offersOf } from "./pins.ts";
export { type StrangerSize, strangersSize } from "./size.ts";
export { toolNameOf } from "./tools.ts";
export { elsewhere, environment, issuer } from "./words.ts";

/** Every file of the policy repository of a company that has nothing of the demo's, by path. The same size gives the same bytes. */
export function strangersFiles(size: StrangerSize = strangersSize): ReadonlyMap<string, string> {
  const stranger = strangerOf(size);
  const concerns = concernsOf(stranger);
  const files = new Map<string, string>();
  const wants = {
    custom: customOf(concerns),
    shifts: joined(concerns, ({ name, shift }) => shift && { [name]: shift }),
    budgets: joined(concerns, ({ budgets }) => budgets),
  };
  for (const [name, text] of Object.entries(tablesOf(stranger, wants))) files.set(`catalog/${name}`, text);
  for (const server of stranger.servers) files.set(`catalog/pins/${server.id}.json`, pinsText(server));
  for (const { name, rego, tests } of concerns) files.set(`policy/${name}.rego`, rego).set(`policy/${name}_test.rego`, tests);
  for (const [name, text] of Object.entries(casesOf(stranger, concerns))) files.set(`cases/${name}`, text);
  return files.set("invariants.yaml", invariantsText(stranger));
}

/** Writes it below `folder`. */
export async function writeStranger(folder: string, size: StrangerSize = strangersSize): Promise<Stranger> {
  const files = strangersFiles(size);
  for (const name of new Set([...files.keys()].map(dirname))) await mkdir(join(folder, name), { recursive: true });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  return strangerOf(size);
}

/** Lists of two packages follow each other, tables are joined. */
function customOf(concerns: readonly Concern[]): Readonly<Record<string, unknown>> {
  const custom = new Map<string, readonly string[] | Readonly<Record<string, unknown>>>();
  for (const [name, value] of concerns.flatMap((one) => Object.entries(one.custom ?? {}))) {
    const before = custom.get(name);
    if (Array.isArray(value)) custom.set(name, [...new Set([...(Array.isArray(before) ? before : []), ...value])]);
    else custom.set(name, { ...before, ...value });
  }
  return Object.fromEntries(custom);
}

function joined(concerns: readonly Concern[], of: (concern: Concern) => unknown): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...concerns.map(of));
}
