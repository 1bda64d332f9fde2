export { openWorkbench, type Unopened, type Workbench, type WorkbenchOptions } from "./workbench.ts";
