export type { DemoProcess } from "./processes.ts";
export {
  type DemoSetUp,
  demoBundle,
  nextDemoBundle,
  type SetUpOptions,
  startDemo,
} from "./set-up.ts";
