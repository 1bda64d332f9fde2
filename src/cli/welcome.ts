import { join } from "node:path";
import type { DemoSetUp } from "../demo/set-up/index.ts";
import { type Terminal, table } from "./terminal.ts";

/** What runs, and lines to paste: each works as it stands, none is wider than 80 columns unless the folder's name is long. */
export function welcome({ paint }: Terminal, setUp: DemoSetUp, usualEndpoint: string): string {
  const mcp = `${setUp.gatewayUrl}/mcp`;
  const endpoint = setUp.tokenEndpoint === usualEndpoint ? "" : ` \\\n    --endpoint ${setUp.tokenEndpoint}`;
  const bearer = `"Authorization: Bearer $TOKEN"`;
  return [
    `${paint.green("Toolgate runs on this machine.")} Ctrl-C ends it.`,
    "",
    table([
      [paint.dim("gateway"), `${paint.bold(mcp)}, or one server alone: /servers/crm/mcp`],
      [paint.dim("admin API"), `${setUp.adminUrl}, for operators`],
      [paint.dim("servers"), "crm, everything-http; over stdio: everything, files"],
      [paint.dim("users"), "ann (support), bob (finance), eve (contractors)"],
      [paint.dim("agents"), "support-bot, finance-bot, intern-bot; reporter acts without a user"],
      [paint.dim("operators"), "olga (operator), ida (auditor), through the client toolgate-cli"],
      [paint.dim("folder"), setUp.folder],
    ]),
    "",
    "Paste into another terminal, in the folder from which you started this:",
    "",
    `  TOKEN=$(npx toolgate demo token --user ann --agent support-bot${endpoint})`,
    "",
    `  curl -s ${mcp} -H ${bearer} \\`,
    `    -K ${join(setUp.requestsFolder, "list.curl")}`,
    "",
    `  npx toolgate log tail --follow ${setUp.logFolder}`,
    "",
    `  export TOOLGATE_TOKEN=$(npx toolgate demo token --user olga \\`,
    `    --client toolgate-cli${endpoint})`,
    `  npx toolgate rollout status --admin ${setUp.adminUrl}`,
    "",
    `  claude mcp add --transport http toolgate ${mcp} \\`,
    `    --header ${bearer}`,
    "",
    `  npx @modelcontextprotocol/inspector --cli ${mcp} \\`,
    `    --transport http --method tools/list --header ${bearer}`,
    "",
    paint.dim("Beside list.curl lie customer.curl (allowed) and refund.curl (refused)."),
    paint.dim("npx toolgate demo story plays all of it, and more."),
  ].join("\n");
}
