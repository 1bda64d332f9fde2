/** The variables of this process. Nothing else in the product looks at them. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
