import { type Command, InvalidArgumentError } from "commander";
import { demoClients, demoUsers, requestToken } from "../demo/provider/index.ts";
import { DEMO_AUDIENCE, DEMO_PORT, type DemoSetUp, startDemo } from "../demo/set-up/index.ts";
import { tellStory } from "../demo/story/index.ts";
import { exitCodes, type Terminal, table } from "./terminal.ts";

interface DemoFlags {
  readonly port: number;
  readonly folder?: string;
  readonly verbose?: boolean;
}

interface TokenFlags {
  readonly user?: string;
  readonly agent: string;
  readonly endpoint: string;
}

export function registerDemo(program: Command, terminal: Terminal): void {
  const demo = program
    .command("demo")
    .description("start a complete set-up on this machine: identity provider, servers, gateway, policy")
    .option("--port <number>", "the gateway's port; provider, crm and reference server take the next three", portOf, DEMO_PORT)
    .option("--folder <path>", "where data goes; a temporary folder, removed at the end, if absent")
    .option("--verbose", "show what the processes write")
    .action(async (flags: DemoFlags) => {
      process.exitCode = await run(terminal, flags);
    });
  demo
    .command("token")
    .description("get an access token from the demo's identity provider")
    .option("--user <login>", `the user, one of ${demoUsers.map(({ login }) => login).join(", ")}; nobody for an agent alone`)
    .requiredOption("--agent <id>", `the agent, one of ${demoClients.map(({ id }) => id).join(", ")}`)
    .option("--endpoint <url>", "the provider's token endpoint", `http://127.0.0.1:${DEMO_PORT + 1}/token`)
    .action(async (flags: TokenFlags) => {
      process.exitCode = await token(terminal, flags);
    });
  demo
    .command("story")
    .description("play a story against a set-up of its own, and hold it against what servers and log recorded")
    .action(async () => {
      process.exitCode = await tellStory(terminal, {});
    });
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_532) throw new InvalidArgumentError("wanted a port from 0 to 65532");
  return port;
}

async function run(terminal: Terminal, flags: DemoFlags): Promise<number> {
  terminal.err(terminal.paint.dim("starting an identity provider, three servers and the gateway …"));
  let setUp: DemoSetUp;
  try {
    setUp = await startDemo({
      port: flags.port,
      ...(flags.folder === undefined ? {} : { folder: flags.folder }),
      ...(flags.verbose ? { onLog: (name: string, line: string) => terminal.err(`${terminal.paint.dim(name.padEnd(16))} ${line}`) } : {}),
    });
  } catch (error) {
    terminal.err(`${terminal.paint.red("The demo cannot start.")} ${error instanceof Error ? error.message : String(error)}`);
    terminal.err("If a port is taken, choose another with --port.");
    return exitCodes.unavailable;
  }
  terminal.out(welcome(terminal, setUp));
  const ended = await Promise.race([signalled(), ...Object.values(setUp.processes).map(({ name, ended }) => ended.then(() => name))]);
  if (ended !== undefined) terminal.err(terminal.paint.red(`${ended} ended unexpectedly.`));
  await setUp.stop();
  return ended === undefined ? exitCodes.ok : exitCodes.unavailable;
}

function welcome({ paint }: Terminal, setUp: DemoSetUp): string {
  const mcp = `${setUp.gatewayUrl}/mcp`;
  const endpoint = setUp.tokenEndpoint === `http://127.0.0.1:${DEMO_PORT + 1}/token` ? "" : ` --endpoint ${setUp.tokenEndpoint}`;
  const list = `curl -s ${mcp} -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/list' -d '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"curl","version":"8"},"io.modelcontextprotocol/clientCapabilities":{}}}}'`;
  const { provider, crm, everything } = setUp.processes;
  return [
    `${paint.green("Toolgate is running.")} Ctrl-C ends it all.`,
    "",
    table([
      [paint.dim("gateway"), paint.bold(mcp), "all servers; one alone: /servers/crm/mcp"],
      [paint.dim("provider"), String(provider.ready.url), "users ann, bob, eve; agents support-bot, finance-bot, intern-bot, reporter"],
      [
        paint.dim("servers"),
        `${new URL(String(crm.ready.url)).host}, ${new URL(String(everything.ready.url)).host}`,
        "crm, everything-http; over stdio: everything, files",
      ],
      [paint.dim("log"), setUp.logFolder, ""],
    ]),
    "",
    table([
      [paint.dim("a token"), `TOKEN=$(npx toolgate demo token --user ann --agent support-bot${endpoint})`],
      [paint.dim("a list"), list],
      [paint.dim("a client"), `claude mcp add --transport http toolgate ${mcp} --header "Authorization: Bearer $TOKEN"`],
      [
        paint.dim("inspector"),
        `npx @modelcontextprotocol/inspector --cli ${mcp} --transport http --method tools/list --header "Authorization: Bearer $TOKEN"`,
      ],
      [paint.dim("the log"), `npx toolgate log tail ${setUp.logFolder} --follow`],
      [paint.dim("the story"), "npm run demo"],
    ]),
  ].join("\n");
}

async function token(terminal: Terminal, { user, agent, endpoint }: TokenFlags): Promise<number> {
  try {
    terminal.out(await requestToken(endpoint, { agent, audience: DEMO_AUDIENCE, ...(user === undefined ? {} : { user }) }));
    return exitCodes.ok;
  } catch (error) {
    const unreachable = error instanceof TypeError;
    terminal.err(
      unreachable
        ? `no identity provider answers at ${endpoint}; start the demo first: npx toolgate demo`
        : String(error instanceof Error ? error.message : error),
    );
    return unreachable ? exitCodes.unavailable : exitCodes.finding;
  }
}

function signalled(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(undefined));
  });
}
