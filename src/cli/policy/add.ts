import type { Command } from "commander";
import { type Added, addPack, type NotAdded, type Pack, readPacks } from "../../authoring/index.ts";
import { didYouMean, formatMistakes } from "../../core/mistakes.ts";
import { exitCodes, type Terminal, table } from "../terminal.ts";

interface AddFlags {
  readonly policies: string;
  readonly server?: readonly string[];
  readonly tool?: readonly string[];
  readonly force?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
}

export function registerPolicyAdd(policy: Command, terminal: Terminal): void {
  policy
    .command("add")
    .description("copy a starter pack - rules, tests, cases and tables - into a policy repository, whose author owns them then")
    .argument("[pack]", "the pack; --list names them")
    .option("--policies <folder>", "folder with policy/, catalog/ and cases/", "policies")
    .option("--server <id...>", 'switch it on for these servers, "*" for all')
    .option("--tool <id...>", "switch it on for these tools, as server.tool, where a pack goes by tools")
    .option("--force", "overwrite the pack's rules, tests and cases where they were changed")
    .option("--list", "say which packs there are")
    .option("--json", "print one JSON object")
    .action(async (id: string | undefined, flags: AddFlags) => {
      process.exitCode = await add(terminal, id, flags);
    });
}

async function add(terminal: Terminal, id: string | undefined, flags: AddFlags): Promise<number> {
  const packs = await readPacks();
  if (flags.list === true) return list(terminal, packs, flags);
  const pack = packs.find((one) => one.id === id);
  if (pack === undefined) return unknownPack(terminal, packs, id, flags);
  const { by } = pack.switch;
  const [targets, others] = by === "servers" ? [flags.server, flags.tool] : [flags.tool, flags.server];
  if (others !== undefined) {
    return refuse(terminal, flags, `the pack ${pack.id} is switched on by ${by}: use --${by === "servers" ? "server" : "tool"}`);
  }
  const request = { pack, policiesDir: flags.policies, targets: targets ?? [], force: flags.force === true, now: Date.now() };
  const added = await addPack(request);
  if (!added.ok) return tellRefusal(terminal, pack, added.error, flags);
  if (flags.json === true) terminal.out(JSON.stringify({ ok: true, pack: pack.id, ...added.value }));
  else tellAdded(terminal, pack, added.value);
  return exitCodes.ok;
}

function list(terminal: Terminal, packs: readonly Pack[], flags: AddFlags): number {
  if (flags.json === true) {
    terminal.out(JSON.stringify({ ok: true, packs: packs.map(({ id, title, does, switch: { by } }) => ({ id, title, does, by })) }));
  } else terminal.out(table(packs.map(({ id, does }) => [id, terminal.paint.dim(does)])));
  return exitCodes.ok;
}

function unknownPack(terminal: Terminal, packs: readonly Pack[], id: string | undefined, flags: AddFlags): number {
  const ids = packs.map((pack) => pack.id);
  const found = id === undefined ? "no pack is named" : `found no pack "${id}"`;
  const hint = id === undefined ? undefined : didYouMean(id, ids);
  return refuse(terminal, flags, `${found}${hint === undefined ? "" : `; ${hint}`}; there are ${ids.join(", ")}`);
}

function refuse(terminal: Terminal, { json }: AddFlags, detail: string): number {
  if (json === true) terminal.out(JSON.stringify({ ok: false, detail }));
  else terminal.err(detail);
  return exitCodes.usage;
}

function tellRefusal(terminal: Terminal, pack: Pack, refusal: NotAdded, flags: AddFlags): number {
  if (flags.json === true) terminal.out(JSON.stringify({ ok: false, pack: pack.id, ...refusal }));
  else if (refusal.kind === "mistakes") terminal.err(formatMistakes(refusal.mistakes, { colour: terminal.colour }));
  else if (refusal.kind === "changed") {
    terminal.err(
      `nothing was written: ${refusal.conflicts.length === 1 ? "one file is" : "files are"} not as the pack ${pack.id} has them`,
    );
    terminal.err(table(refusal.conflicts.map(({ file, detail }) => [file, detail])));
    terminal.err("keep yours, or take the pack's with --force; tables are never overwritten");
  } else terminal.err(refusal.detail);
  return refusal.kind === "no_folder" ? exitCodes.unavailable : refusal.kind === "unknown_target" ? exitCodes.usage : exitCodes.mistake;
}

function tellAdded(terminal: Terminal, pack: Pack, { written, entries, next }: Added): void {
  const { paint } = terminal;
  if (written.length === 0) terminal.out(`The pack ${pack.id} is there already; nothing was changed.`);
  else {
    terminal.out(`Added the pack ${pack.id}: ${pack.does}`);
    terminal.out(table(written.map((file) => [file])));
  }
  for (const entry of entries) terminal.out(`  ${paint.dim("new entry")}   ${entry}`);
  terminal.out("Next:");
  for (const step of next) terminal.out(`  ${step}`);
}
