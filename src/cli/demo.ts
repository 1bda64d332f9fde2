import type { Command } from "commander";
import { messageOf } from "../core/errors.ts";
import { DEMO_AUDIENCE, DEMO_PORT } from "../demo/addresses.ts";
import { demoAgents, demoUsers, operatorsClient } from "../demo/people.ts";
import type { DemoSetUp } from "../demo/set-up/index.ts";
import { wholeNumber } from "./flags.ts";
import { askedToStop } from "./signals.ts";
import { exitCodes, type Terminal } from "./terminal.ts";
import { welcome } from "./welcome.ts";

interface DemoFlags {
  readonly port: number;
  readonly folder?: string;
  readonly verbose?: boolean;
}

interface TokenFlags {
  readonly user?: string;
  readonly agent?: string;
  readonly client?: string;
  readonly endpoint: string;
}

interface StoryFlags {
  readonly bundle?: string;
  readonly keyring?: string;
}

const logins = demoUsers.map(({ login }) => login).join(", ");

const DEFAULT_ENDPOINT = `http://127.0.0.1:${DEMO_PORT + 1}/token`;

// What the demo consists of is loaded by its own commands only: a gateway that serves has none of it in its process.

export function registerDemo(program: Command, terminal: Terminal): void {
  const demo = program
    .command("demo")
    .description("start a complete set-up on this machine: identity provider, servers, gateway, policy")
    .option(
      "--port <number>",
      "the gateway's port; provider, crm, reference server and admin API take the next four",
      wholeNumber(0, 65_531),
      DEMO_PORT,
    )
    .option("--folder <path>", "where data goes, and is gone on with; a temporary folder if absent")
    .option("--verbose", "show what the processes write")
    .action(async (flags: DemoFlags) => {
      process.exitCode = await run(terminal, flags);
    });
  demo
    .command("token")
    .description("get an access token from the demo's identity provider")
    .option("--user <login>", `the user, one of ${logins}; nobody for an agent alone`)
    .option("--agent <id>", `the agent, one of ${names(demoAgents)}`)
    .option("--client <id>", `in place of an agent: ${operatorsClient.id}, the operators' own client`)
    .option("--endpoint <url>", "the provider's token endpoint", DEFAULT_ENDPOINT)
    .action(async (flags: TokenFlags) => {
      process.exitCode = await token(terminal, flags);
    });
  demo
    .command("story")
    .description("play a story against a set-up of its own, and hold it against what servers and log recorded")
    .option("--bundle <file>", "a bundle to begin with instead of the prebuilt one; needs --keyring")
    .option("--keyring <file>", "its keyring; the prebuilt bundle that the story activates later must verify too")
    .action(async (flags: StoryFlags) => {
      process.exitCode = await story(terminal, flags);
    });
}

async function run(terminal: Terminal, flags: DemoFlags): Promise<number> {
  const stopping = askedToStop().then(() => undefined);
  const progress = showProgress(terminal, flags.verbose === true);
  let setUp: DemoSetUp;
  try {
    const { startDemo } = await import("../demo/set-up/index.ts");
    setUp = await startDemo({
      port: flags.port,
      onReady: progress.ready,
      ...(flags.folder === undefined ? {} : { folder: flags.folder }),
      ...(flags.verbose ? { onLog: (name: string, line: string) => terminal.err(`${terminal.paint.dim(name.padEnd(16))} ${line}`) } : {}),
    });
  } catch (error) {
    progress.end();
    terminal.err(`${terminal.paint.red("The demo cannot start.")}\n\n${indented(messageOf(error))}\n`);
    terminal.err(`Its ports are --port (now ${flags.port}) and the next four; --port 0 takes free ones.`);
    return exitCodes.unavailable;
  }
  progress.end();
  const early = await Promise.race([stopping.then(() => true), Promise.resolve(false)]);
  if (!early) terminal.out(welcome(terminal, setUp, DEFAULT_ENDPOINT));
  const ended = await Promise.race([stopping, ...Object.values(setUp.processes).map((one) => one.ended.then(() => one.name))]);
  terminal.err(ended === undefined ? terminal.paint.dim("ending …") : terminal.paint.red(`The ${ended} process ended by itself.`));
  await setUp.stop();
  terminal.err(terminal.paint.dim(flags.folder === undefined ? `all ended; ${setUp.folder} is removed` : `all ended; see ${setUp.folder}`));
  return ended === undefined ? exitCodes.ok : exitCodes.unavailable;
}

/** On a terminal one line that is written anew with each process that is ready, and gone at the end. */
function showProgress({ err, paint }: Terminal, verbose: boolean) {
  const rewrites = process.stderr.isTTY && !verbose;
  const waiting = new Set(["provider", "crm", "everything-http", "gateway"]);
  const line = () => paint.dim(`starting ${[...waiting].join(", ")} …`);
  if (rewrites) process.stderr.write(line());
  else err(line());
  return {
    ready(name: string) {
      waiting.delete(name);
      if (rewrites) process.stderr.write(`\r\u001b[K${line()}`);
    },
    end() {
      if (rewrites) process.stderr.write("\r\u001b[K");
    },
  };
}

function indented(text: string): string {
  return text.replace(/^/gm, "  ");
}

function names(clients: readonly { readonly id: string }[]): string {
  return clients.map(({ id }) => id).join(", ");
}

async function token(terminal: Terminal, { endpoint, ...flags }: TokenFlags): Promise<number> {
  const { user } = flags;
  const wanted = wantedClient(flags);
  if (wanted.problem !== undefined) {
    terminal.err(wanted.problem);
    return exitCodes.usage;
  }
  const { requestToken } = await import("../demo/provider/index.ts");
  try {
    terminal.out(await requestToken(endpoint, { client: wanted.id, audience: DEMO_AUDIENCE, ...(user === undefined ? {} : { user }) }));
    return exitCodes.ok;
  } catch (error) {
    const unreachable = error instanceof TypeError;
    terminal.err(unreachable ? `no identity provider answers at ${endpoint}; start the demo first: npx toolgate demo` : messageOf(error));
    return unreachable ? exitCodes.unavailable : exitCodes.finding;
  }
}

/** A token of an agent is one thing, a token of an operator another: who mixes them up is told so. */
function wantedClient({ user, agent, client }: Pick<TokenFlags, "user" | "agent" | "client">) {
  const [id = "", known, flag] = client === undefined ? [agent, demoAgents, "agent"] : [client, [operatorsClient], "client"];
  const problems = [
    [(agent === undefined) === (client === undefined), `give --agent with one of ${names(demoAgents)}, or --client ${operatorsClient.id}`],
    [known.every((one) => one.id !== id), `unknown ${flag} "${id}", wanted one of ${names(known)}`],
    [user !== undefined && demoUsers.every(({ login }) => login !== user), `unknown user "${user}", wanted one of ${logins}`],
  ] as const;
  return { id, problem: problems.find(([holds]) => holds)?.[1] };
}

async function story(terminal: Terminal, { bundle, keyring }: StoryFlags): Promise<number> {
  if ((bundle === undefined) !== (keyring === undefined)) {
    terminal.err("--bundle and --keyring belong together: give both, or none");
    return exitCodes.usage;
  }
  const { tellStory } = await import("../demo/story/index.ts");
  return tellStory(terminal, bundle !== undefined && keyring !== undefined ? { bundle: { file: bundle, keyring } } : {}, askedToStop());
}
