import { InvalidArgumentError } from "commander";

// Readers for values of options. What they refuse is a wrong command line, told with what was wanted.

export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < from || number > to) throw new InvalidArgumentError(`wanted a whole number from ${from} to ${to}`);
    return number;
  };
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

export function instant(text: string): string {
  if (!RFC_3339.test(text) || Number.isNaN(Date.parse(text))) throw new InvalidArgumentError('wanted a time like "2027-01-31T00:00:00Z"');
  return text;
}
