/** A person of the demo company. The passwords are public: they guard nothing. */
export interface DemoUser {
  readonly login: string;
  readonly password: string;
  readonly email: string;
  readonly groups: readonly string[];
}

export const demoUsers: readonly DemoUser[] = [
  { login: "ann", password: "ann-demo", email: "ann@demo.example", groups: ["support"] },
  { login: "bob", password: "bob-demo", email: "bob@demo.example", groups: ["finance"] },
  { login: "eve", password: "eve-demo", email: "eve@demo.example", groups: ["contractors"] },
  // They operate the gateway; through agents they may do nothing.
  { login: "olga", password: "olga-demo", email: "olga@demo.example", groups: ["platform"] },
  { login: "ida", password: "ida-demo", email: "ida@demo.example", groups: ["audit"] },
];

/** An OAuth client. Its secret is public for the same reason. */
export interface DemoClient {
  readonly id: string;
  readonly secret: string;
}

/** The agents' clients. `stranger-bot` has tokens, but no entry in the bundle. */
export const demoAgents: readonly DemoClient[] = ["support-bot", "finance-bot", "reporter", "intern-bot", "legacy-bot", "stranger-bot"].map(
  client,
);

/** The operators' own client: no agent, so that nobody who talks an agent into something operates the gateway. */
export const operatorsClient: DemoClient = client("toolgate-cli");

export const demoClients: readonly DemoClient[] = [...demoAgents, operatorsClient];

function client(id: string): DemoClient {
  return { id, secret: `${id}-demo-secret` };
}
