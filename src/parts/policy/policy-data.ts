/** What rules can read of a bundle's data, as it is loaded into WebAssembly. Catalog and cases are for the gateway alone. */
export function policyDataText({ roles, index, index_kinds, obliged, settings, custom }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ roles, index, index_kinds, obliged, settings, custom });
}
