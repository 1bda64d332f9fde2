/** How large a company is. Every count is exact, but packages, of which the first few judge other things than tools. */
export interface StrangerSize {
  readonly servers: number;
  readonly toolsPerServer: number;
  readonly departments: number;
  readonly agentsPerDepartment: number;
  readonly packages: number;
}

/** The company of the tests: some 5 000 lines of YAML, 40 packages. */
export const strangersSize: StrangerSize = { servers: 12, toolsPerServer: 12, departments: 4, agentsPerDepartment: 8, packages: 40 };
