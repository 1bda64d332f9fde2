export { openWorkbench, type Unopened, type Workbench, type WorkbenchOptions, workbenchOf } from "./workbench.ts";
