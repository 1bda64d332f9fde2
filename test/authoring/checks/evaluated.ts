import { lightLoad } from "../../../src/parts/policy/index.ts";
import { policyOf, productLibrary, refundCall } from "../../parts/policy/policies.ts";
import { moduleOf } from "./checked.ts";

/** An agent alone, without a user and without a team. */
const alone = { principal: { kind: "agent" }, user: undefined };

/** The packages that let this caller have its way, a lone agent by default, as the evaluator of the gateway answers with each of them alone. */
export async function silentFor(
  packages: Readonly<Record<string, string>>,
  changes: object = alone,
  tables: object = {},
): Promise<readonly string[]> {
  const names = Object.keys(packages);
  const data = {
    roles: { support: { grants: Object.fromEntries(names.map((name) => [name, { refund: true }])) } },
    index: Object.fromEntries(names.map((name) => [name, [name]])),
    index_kinds: Object.fromEntries(names.map((name) => [name, ["tool"]])),
    settings: { questions: { other: { least: 1 } } },
    custom: {},
    ...tables,
  };
  const modules = Object.fromEntries(Object.entries(packages).map(([name, rules]) => moduleOf(name, rules)));
  const policy = await policyOf({ ...productLibrary({}), ...modules }, { data: JSON.stringify(data) });
  try {
    const silent: string[] = [];
    for (const name of names) {
      const input = { ...refundCall, ...changes, server: { ...refundCall.server, id: name } };
      if ((await policy.decide(JSON.stringify(input), lightLoad)).effect === "allow") silent.push(name);
    }
    return silent;
  } finally {
    await policy.close();
  }
}
