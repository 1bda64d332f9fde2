import { copyFile, rename } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { nextDemoBundle } from "../set-up/index.ts";
import { checkLog, checkRecords, checkServers } from "./proof.ts";
import { differencesOf, type Step, type Telling, type WantedCall } from "./telling.ts";

const CALLS_PER_BUNDLE = 25;
const CALLERS = 4;
/** Between two calls of one caller: together they stay below what the demo's policy allows a minute. */
const BREATH_MS = 40;
const PATIENCE_MS = 20_000;

export const steps: readonly Step[] = [
  { name: "lists", title: "Two principals list their tools", run: lists },
  { name: "allowed", title: "A call that policy allows; the bank account stays behind", run: allowed },
  {
    name: "argument-rule",
    title: "A call that a rule on its arguments refuses, with a remedy",
    run: one({ ...refund("ann", "T-1", 1500), effect: "deny", code: "refunds.too_much" }),
  },
  {
    name: "outside-grant",
    title: "A call outside the grant: the tool does not exist for this caller",
    run: one({ user: "ann", agent: "support-bot", target: "crm.export_customers", args: {}, effect: "deny", code: "tool.unknown" }),
  },
  {
    name: "user-above-agent",
    title: "Ann may refund, but the intern's agent may not",
    run: one({ ...refund("ann", "T-2", 20), agent: "intern-bot", effect: "deny", code: "tool.unknown" }),
  },
  {
    name: "agent-above-user",
    title: "The support agent may refund, but Eve may not",
    run: one({ ...refund("ann", "T-3", 20), user: "eve", effect: "deny", code: "tool.unknown" }),
  },
  { name: "budget", title: "A budget runs out, and says when it returns", run: budget },
  { name: "drift", title: "A tool changes its definition behind the gateway", run: drift },
  { name: "new-bundle", title: "A new bundle is activated while calls run", run: newBundle },
  { name: "records", title: "The decision records of all that", run: checkRecords },
  { name: "servers", title: "What the crm itself recorded", run: checkServers },
  { name: "log", title: "toolgate log verify", run: checkLog },
];

function one(wanted: WantedCall): Step["run"] {
  return async (telling) => (await telling.call(wanted)).differences;
}

function refund(user: "ann" | "bob", ticket: string, amount: number) {
  const agent = user === "ann" ? "support-bot" : "finance-bot";
  return { user, agent, target: "crm.refund", args: { ticket, customer: "C-1", amount } };
}

/** Both see what both may use; what tells them apart is in one list only. Nothing is in a list that is not granted. */
async function lists(telling: Telling): Promise<readonly string[]> {
  const ann = await listOf(telling, "ann", "support-bot");
  const bob = await listOf(telling, "bob", "finance-bot");
  const only = { ann: ann.filter((tool) => !bob.includes(tool)), bob: bob.filter((tool) => !ann.includes(tool)) };
  return [
    ...(only.ann.join() === "update_customer" ? [] : [`crm: found only for ann: ${only.ann.join(", ")}, wanted update_customer`]),
    ...(only.bob.join() === "export_customers" ? [] : [`crm: found only for bob: ${only.bob.join(", ")}, wanted export_customers`]),
  ];
}

/** Tells what a principal sees, and gives the names of the crm's tools among it. */
async function listOf(telling: Telling, user: string, agentId: string): Promise<readonly string[]> {
  const { who, tools } = await telling.agent(user, agentId);
  const all = await tools();
  const crm = all.flatMap((name) => (name.startsWith("crm__") ? name.slice("crm__".length) : [])).sort();
  telling.page.line(`${who}  ${all.length} tools, of the crm`);
  telling.page.quiet(crm.join(", "), 4 + who.length + 2);
  return crm;
}

async function allowed(telling: Telling): Promise<readonly string[]> {
  const call = { user: "ann", agent: "support-bot", target: "crm.get_customer", args: { id: "C-1" }, effect: "allow" } as const;
  const { answer, differences } = await telling.call(call);
  const leaked = /DE\d{20}/.test(JSON.stringify(answer));
  return leaked ? [...differences, "crm.get_customer: found an account number in the result, wanted it redacted"] : differences;
}

async function budget(telling: Telling): Promise<readonly string[]> {
  const differences: string[] = [];
  for (const ticket of ["T-4", "T-5", "T-6"])
    differences.push(...(await telling.call({ ...refund("bob", ticket, 40), effect: "allow" })).differences);
  const last = await telling.call({ ...refund("bob", "T-7", 40), effect: "deny", code: "budget.exhausted" });
  differences.push(...last.differences);
  const { retryAfterMs } = last.answer;
  if (retryAfterMs !== undefined && retryAfterMs > 0) telling.page.quiet(`returns in ${(retryAfterMs / 3_600_000).toFixed(1)} h`);
  else if (last.differences.length === 0) differences.push("crm.refund: found no time at which the budget returns");
  return differences;
}

async function drift(telling: Telling): Promise<readonly string[]> {
  const bob = await telling.agent("bob", "finance-bot");
  const changed = bob.listChanged();
  await telling.setUp.processes.crm.signal("SIGUSR2");
  telling.page.line("the crm now tells models to call export_customers before any other tool");
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
  const differences: string[] = [];
  const counts = { allowed: 0, refused: 0 };
  const call = { user: "ann", agent: "support-bot", target: "everything-http.get-sum" };
  const deadline = Date.now() + PATIENCE_MS;
  let replaced: Promise<void> | undefined;
  await telling.agent(call.user, call.agent);
  const caller = async () => {
    while (counts.refused < CALLS_PER_BUNDLE && Date.now() < deadline) {
      const answer = await telling.callQuietly({ ...call, args: { a: counts.allowed, b: counts.refused } });
      if (answer.effect === "allow") counts.allowed += 1;
      else {
        counts.refused += 1;
        differences.push(...differencesOf({ target: call.target, effect: "deny", code: "maintenance.closed" }, answer));
      }
      if (counts.allowed >= CALLS_PER_BUNDLE) replaced ??= replaceBundle(telling);
      await pause(BREATH_MS);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  await replaced;
  const { paint } = telling.page;
  telling.page.line(`${paint.green(`${counts.allowed} allowed`)} by the first bundle, then`);
  telling.page.line(`${paint.yellow(`${counts.refused} refused`)} by demo-2 (maintenance.closed); none was lost`);
  if (counts.refused < CALLS_PER_BUNDLE)
    differences.push(`found ${counts.refused} calls refused by the new bundle, wanted ${CALLS_PER_BUNDLE}`);
  return [...new Set(differences)];
}

async function replaceBundle({ setUp }: Telling): Promise<void> {
  await copyFile(nextDemoBundle, `${setUp.bundleFile}.new`);
  await rename(`${setUp.bundleFile}.new`, setUp.bundleFile);
}

async function within(done: Promise<void>): Promise<boolean> {
  const patience = new AbortController();
  const late = pause(PATIENCE_MS, false, { signal: patience.signal }).catch(() => false);
  const outcome = await Promise.race([done.then(() => true), late]);
  patience.abort();
  return outcome;
}
