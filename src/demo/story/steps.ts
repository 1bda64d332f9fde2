import { copyFile, rename } from "node:fs/promises";
import { nextDemoBundle } from "../set-up/index.ts";
import { checkLog, checkRecords, checkServers } from "./proof.ts";
import { differencesOf, type Step, type Telling } from "./telling.ts";

const CALLS_PER_BUNDLE = 25;
const CALLERS = 8;
const PATIENCE_MS = 20_000;

export const steps: readonly Step[] = [
  { name: "lists", title: "Two principals list their tools", run: lists },
  {
    name: "allowed",
    title: "A call that policy allows; the bank account is taken out of the result",
    async run(telling) {
      const { answer, differences } = await telling.call({
        user: "ann",
        agent: "support-bot",
        target: "crm.get_customer",
        args: { id: "C-1" },
        effect: "allow",
      });
      const leaked = /DE\d{20}/.test(JSON.stringify(answer))
        ? ["crm.get_customer: found an account number in the result, wanted it redacted"]
        : [];
      return [...differences, ...leaked];
    },
  },
  {
    name: "argument-rule",
    title: "A call that a rule on its arguments refuses, with reason and remedy",
    run: async (telling) => (await telling.call({ ...refund("T-1", 1500), effect: "deny", code: "refunds.too_much" })).differences,
  },
  {
    name: "outside-grant",
    title: "A call outside the grant looks like a tool that does not exist",
    run: async (telling) =>
      (
        await telling.call({
          user: "ann",
          agent: "support-bot",
          target: "crm.export_customers",
          args: {},
          effect: "deny",
          code: "tool.unknown",
        })
      ).differences,
  },
  {
    name: "user-above-agent",
    title: "Ann may refund, but the intern's agent may not",
    run: async (telling) =>
      (await telling.call({ ...refund("T-2", 20), agent: "intern-bot", effect: "deny", code: "tool.unknown" })).differences,
  },
  {
    name: "agent-above-user",
    title: "The support agent may refund, but Eve may not",
    run: async (telling) => (await telling.call({ ...refund("T-3", 20), user: "eve", effect: "deny", code: "tool.unknown" })).differences,
  },
  { name: "budget", title: "A budget runs out, and says when it returns", run: budget },
  { name: "drift", title: "A tool changes its definition behind the gateway", run: drift },
  { name: "new-bundle", title: "A new bundle is activated while calls run", run: newBundle },
  { name: "records", title: "The decision records of all that", run: checkRecords },
  { name: "servers", title: "What the servers themselves recorded", run: checkServers },
  { name: "log", title: "toolgate log verify", run: checkLog },
];

function refund(ticket: string, amount: number) {
  return { user: "ann", agent: "support-bot", target: "crm.refund", args: { ticket, customer: "C-1", amount } };
}

async function lists(telling: Telling): Promise<readonly string[]> {
  const ann = await telling.agent("ann", "support-bot");
  const bob = await telling.agent("bob", "finance-bot");
  const [annTools, bobTools] = [await ann.tools(), await bob.tools()];
  const { paint } = telling.terminal;
  telling.line(`${ann.who.padEnd(20)} ${annTools.length} tools, of the crm ${paint.dim(crmTools(annTools))}`);
  telling.line(`${bob.who.padEnd(20)} ${bobTools.length} tools, of the crm ${paint.dim(crmTools(bobTools))}`);
  return [...wantedCrm(ann.who, annTools, annCrm), ...wantedCrm(bob.who, bobTools, bobCrm)];
}

const annCrm = "get_customer, refund, search_customers, update_customer";
const bobCrm = "export_customers, get_customer, refund, search_customers";

function crmTools(tools: readonly string[]): string {
  return tools
    .filter((name) => name.startsWith("crm__"))
    .map((name) => name.slice("crm__".length))
    .sort()
    .join(", ");
}

function wantedCrm(who: string, tools: readonly string[], wanted: string): string[] {
  const found = crmTools(tools);
  return found === wanted ? [] : [`${who} lists of the crm: found ${found}, wanted ${wanted}`];
}

async function budget(telling: Telling): Promise<readonly string[]> {
  const differences: string[] = [];
  for (const ticket of ["T-4", "T-5", "T-6"])
    differences.push(...(await telling.call({ ...refund(ticket, 40), effect: "allow" })).differences);
  const last = await telling.call({ ...refund("T-7", 40), effect: "deny", code: "budget.exhausted" });
  differences.push(...last.differences);
  const { retryAfterMs } = last.answer;
  if (retryAfterMs === undefined || retryAfterMs <= 0) differences.push("crm.refund: found no time at which the budget returns");
  else telling.line(`         ${telling.terminal.paint.dim(`returns in ${(retryAfterMs / 3_600_000).toFixed(1)} h`)}`);
  return differences;
}

async function drift(telling: Telling): Promise<readonly string[]> {
  const bob = await telling.agent("bob", "finance-bot");
  const changed = bob.listChanged();
  await telling.setUp.processes.crm.signal("SIGUSR2");
  telling.line(telling.terminal.paint.dim("the crm now tells models to call export_customers before any other tool"));
  if (!(await within(changed))) return ["found no list_changed after the definition changed"];
  const hidden = !(await bob.tools()).includes("crm__export_customers");
  const call = await telling.call({
    user: "bob",
    agent: "finance-bot",
    target: "crm.export_customers",
    args: {},
    effect: "deny",
    code: "tool.drifted",
  });
  return [...(hidden ? [] : ["crm.export_customers: found in the list, wanted hidden"]), ...call.differences];
}

/** Callers go on while the bundle is replaced: each call ends as the bundle that judged it says, and none is lost. */
async function newBundle(telling: Telling): Promise<readonly string[]> {
  const agent = await telling.agent("ann", "support-bot");
  const differences: string[] = [];
  const counts = { allowed: 0, refused: 0 };
  const target = "everything-http.get-sum";
  const deadline = Date.now() + PATIENCE_MS;
  let replaced: Promise<void> | undefined;
  const caller = async () => {
    while (counts.refused < CALLS_PER_BUNDLE && Date.now() < deadline) {
      const args = { a: counts.allowed, b: counts.refused };
      const answer = await agent.call(target.replace(".", "__"), args);
      if (answer.effect === "allow") counts.allowed += 1;
      else counts.refused += 1;
      telling.wanted.push({ step: telling.step, user: "ann", agent: "support-bot", target, args, ...endOf(answer.effect) });
      if (answer.effect !== "allow") differences.push(...differencesOf({ target, effect: "deny", code: "maintenance.closed" }, answer));
      if (counts.allowed >= CALLS_PER_BUNDLE) replaced ??= replaceBundle(telling);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  await replaced;
  const { paint } = telling.terminal;
  telling.line(
    `${paint.green(`${counts.allowed} allowed`)} by demo-1, then ${paint.yellow(`${counts.refused} refused`)} by demo-2 (maintenance.closed), none lost`,
  );
  if (counts.refused < CALLS_PER_BUNDLE)
    differences.push(`found ${counts.refused} calls refused by the new bundle, wanted ${CALLS_PER_BUNDLE}`);
  return differences;
}

function endOf(effect: string): { effect: "allow" } | { effect: "deny"; code: string } {
  return effect === "allow" ? { effect: "allow" } : { effect: "deny", code: "maintenance.closed" };
}

async function replaceBundle({ setUp }: Telling): Promise<void> {
  await copyFile(nextDemoBundle, `${setUp.bundleFile}.new`);
  await rename(`${setUp.bundleFile}.new`, setUp.bundleFile);
}

async function within(done: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE_MS);
  });
  const outcome = await Promise.race([done.then(() => true as const), late]);
  clearTimeout(timer);
  return outcome;
}
