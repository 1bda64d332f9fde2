import type { Decision } from "../../../src/core/decision.ts";
import { type Judged, type Rejudge, rejudgeOf } from "../../../src/gateway/index.ts";
import { targetsOf } from "../../../src/gateway/targets/index.ts";
import { readCatalog } from "../../../src/parts/catalog/index.ts";
import { agent, bundleData } from "../../parts/catalog/sample-data.ts";
import { allow, type Loose } from "../small-gate.ts";

type Change = (data: ReturnType<typeof bundleData>) => void;

/** What stands in a record, as it is asked again. */
export function judgedIn(record: Loose): Judged {
  const {
    input,
    target,
    principal,
    door,
    args_digest: argsDigest,
  } = record as unknown as Omit<Judged, "inputText"> & {
    readonly args_digest?: string;
  };
  return {
    inputText: JSON.stringify(input),
    target,
    principal,
    ...(door === undefined ? {} : { door }),
    ...(argsDigest === undefined ? {} : { argsDigest }),
  };
}

export interface Second {
  readonly rejudge: Rejudge;
  /** Texts that policy was asked with. */
  readonly asked: string[];
}

/** A bundle of the sample company, changed as the test likes, whose policy says the same to everything. */
export function second(change: Change = () => {}, decision: Decision = allow(), tenant = "default", visible = (_: Loose) => true): Second {
  const data = bundleData();
  data.catalog.agents["support-bot"] = agent({ modes: ["user_via_agent", "agent"] });
  change(data);
  const catalog = readCatalog(data);
  if (!catalog.ok) throw new Error(JSON.stringify(catalog.error));
  const asked: string[] = [];
  const policy = {
    decide: async (text: string) => {
      asked.push(text);
      return decision;
    },
    discover: async (text: string) => JSON.parse(text).items.map(visible),
    admit: async () => [],
    close: async () => {},
  };
  const bundle = { environment: "demo", tenant };
  return { rejudge: rejudgeOf({ policy, catalog: catalog.value, targets: targetsOf(catalog.value, false), bundle }), asked };
}
