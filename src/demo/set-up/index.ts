export type { DemoProcess } from "./processes.ts";
export {
  DEMO_AUDIENCE,
  DEMO_ISSUER,
  DEMO_PORT,
  type DemoSetUp,
  demoBundle,
  nextDemoBundle,
  type SetUpOptions,
  startDemo,
} from "./set-up.ts";
