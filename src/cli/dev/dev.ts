import { resolve } from "node:path";
import type { Command } from "commander";
import { type Config, environment, type Started } from "../../app/index.ts";
import {
  type Developed,
  develop,
  findOpa,
  type Opa,
  readServers,
  type ThrowAwayKey,
  throwAwayKey,
  watchFolder,
} from "../../authoring/index.ts";
import { formatMistakes } from "../../core/mistakes.ts";
import { askedToStop } from "../signals.ts";
import { systemRefusal } from "../system-error.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { type DevFiles, openDevFiles } from "./files.ts";
import { devConfig, startDevGateway } from "./gateway.ts";
import { type Activated, roundJson, roundText } from "./round-text.ts";

interface DevFlags {
  readonly config?: string;
  readonly out: string;
  readonly name?: string;
  readonly environment?: string;
  readonly once?: boolean;
  readonly json?: boolean;
}

export function registerDev(program: Command, terminal: Terminal): void {
  program
    .command("dev")
    .description("watch a policies folder: check, test, build, sign with a throw-away key and activate each change (needs OPA)")
    .argument("<policies>", "folder with policy/, catalog/ and cases/")
    .option("-c, --config <file>", "toolgate.yaml: run a gateway as it says, with its own data and without Redis")
    .option("-o, --out <folder>", "where the bundle, its keyring and the gateway's data go", ".toolgate/dev")
    .option("--name <name>", "the bundle's name; by default that of the configuration, else dev")
    .option("--environment <name>", "the bundle's environment; by default that of the configuration, else that of most servers")
    .option("--once", "stop after the first round")
    .option("--json", "print one JSON object a round")
    .action(async (policies: string, flags: DevFlags) => {
      process.exitCode = await dev(terminal, resolve(policies), flags);
    });
}

async function dev(terminal: Terminal, policiesDir: string, flags: DevFlags): Promise<number> {
  const opa = await findOpa({ env: environment() });
  if (!opa.ok) {
    terminal.err(opa.error);
    return exitCodes.unavailable;
  }
  const key = throwAwayKey();
  const files = await openDevFiles(resolve(flags.out), key.keyring);
  if (!files.ok) {
    terminal.err(files.error);
    return exitCodes.mistake;
  }
  const config = flags.config === undefined ? undefined : await devConfig(flags.config, files.value);
  if (config && !config.ok) {
    terminal.err(formatMistakes(config.error, { colour: terminal.colour }));
    return exitCodes.mistake;
  }
  const { bundle } = config?.value ?? {};
  const named = flags.environment ?? bundle?.environment ?? (await firstEnvironment(policiesDir));
  const identity = {
    name: flags.name ?? bundle?.name ?? "dev",
    environment: named,
    ...(bundle !== undefined && { tenant: bundle.tenant }),
  };
  const sitting = new Sitting(terminal, { policiesDir, opa: opa.value, key, identity, files: files.value, config: config?.value }, flags);
  return sitting.run(flags.once === true);
}

/** Without tables there is none; what is wrong with them is told by the first round. */
async function firstEnvironment(policiesDir: string): Promise<string> {
  const servers = await readServers(policiesDir);
  const [first] = servers.ok ? [...servers.value.values()] : [];
  return first?.definition.environment ?? "dev";
}

/** A folder may be gone for a moment, while a branch is changed: that ends no sitting. */
function goneFolder(error: unknown): Developed {
  const found = systemRefusal(error);
  if (found === undefined) throw error;
  return { kind: "mistakes", mistakes: [{ file: "", path: "", found, wanted: "a policies folder" }] };
}

interface SittingParts {
  readonly policiesDir: string;
  readonly opa: Opa;
  readonly key: ThrowAwayKey;
  readonly identity: { readonly name: string; readonly environment: string; readonly tenant?: string };
  readonly files: DevFiles;
  /** Absent where only the files are wanted. */
  readonly config: Config | undefined;
}

/** From the start of the command to its end: one round at a time, the last good bundle stays active in between. */
class Sitting {
  readonly #terminal: Terminal;
  readonly #parts: SittingParts;
  readonly #json: boolean;
  #gateway: Started | undefined;
  #round = 0;
  #last: Developed["kind"] | "refused" | undefined;
  #running: Promise<void> = Promise.resolve();
  /** A change came while a round was under way. */
  #again = false;
  #busy = false;

  constructor(terminal: Terminal, parts: SittingParts, { json }: DevFlags) {
    this.#terminal = terminal;
    this.#parts = parts;
    this.#json = json === true;
  }

  async run(once: boolean): Promise<number> {
    const stopping = once ? Promise.resolve() : askedToStop();
    const watcher = once ? undefined : watchFolder(this.#parts.policiesDir, () => this.#changed(), this.#parts.files.folder);
    this.#changed();
    await stopping;
    watcher?.close();
    await this.#running;
    await this.#gateway?.stop();
    if (!once) return exitCodes.ok;
    if (this.#last === "ready") return exitCodes.ok;
    return this.#last === "mistakes" ? exitCodes.mistake : exitCodes.finding;
  }

  #changed(): void {
    this.#again = true;
    if (this.#busy) return;
    this.#busy = true;
    this.#running = this.#rounds();
  }

  async #rounds(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#oneRound();
    }
    this.#busy = false;
  }

  async #oneRound(): Promise<void> {
    const { policiesDir, opa, key, identity } = this.#parts;
    const begun = performance.now();
    this.#round += 1;
    const developed = await develop({ policiesDir, opa, key, identity, now: Date.now() }).catch(goneFolder);
    const activated = developed.kind === "ready" ? await this.#activate(developed.bytes) : undefined;
    this.#last = activated !== undefined && !activated.ok ? "refused" : developed.kind;
    const round = { number: this.#round, ms: Math.round(performance.now() - begun), developed, activated, url: this.#gateway?.url };
    if (this.#json) this.#terminal.out(JSON.stringify(roundJson(round)));
    else this.#terminal.out(roundText(this.#terminal, policiesDir, round));
  }

  async #activate(bytes: Uint8Array): Promise<Activated> {
    const { files, config } = this.#parts;
    await files.writeBundle(bytes);
    if (config === undefined) return { ok: true, where: files.bundle };
    if (this.#gateway === undefined) {
      const started = await startDevGateway(config);
      if (!started.ok) return { ok: false, detail: started.error.detail };
      this.#gateway = started.value;
    }
    const activated = await this.#gateway.built.rollouts.offer(bytes);
    if (!activated.ok) return { ok: false, detail: `${activated.error.code}: ${activated.error.detail}` };
    return { ok: true, where: this.#gateway.url };
  }
}
