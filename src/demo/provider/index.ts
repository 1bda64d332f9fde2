export { type DemoClient, type DemoUser, demoClients, demoUsers } from "../people.ts";
export type { SigningAlgorithm } from "./key-ring.ts";
export { requestToken, type TokenRequest } from "./request-token.ts";
export { DEFAULT_PORT, type ProviderOptions, type RunningProvider, startProvider } from "./start-provider.ts";
export { DEMO_LOGIN, TOKEN_EXCHANGE } from "./token-exchange.ts";
