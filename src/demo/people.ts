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
];

/** An agent's OAuth client. Its secret is public for the same reason. */
export interface DemoClient {
  readonly id: string;
  readonly secret: string;
}

/** `stranger-bot` has tokens, but no entry in the bundle. `toolgate-cli` is no agent: the operators' own client. */
export const demoClients: readonly DemoClient[] = [
  "support-bot",
  "finance-bot",
  "reporter",
  "intern-bot",
  "legacy-bot",
  "stranger-bot",
  "toolgate-cli",
].map((id) => ({
  id,
  secret: `${id}-demo-secret`,
}));
