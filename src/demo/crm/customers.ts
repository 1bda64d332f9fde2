export interface Customer {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly iban: string;
}

export type CustomerFields = { readonly [Field in "name" | "email"]?: string | undefined };

const firstNames = ["Jo", "Mia", "Sam", "Lea", "Tom", "Ida", "Ben", "Eva", "Max", "Ada"];
const lastNames = ["Smith", "Weber", "Rossi", "Novak", "Silva", "Kim", "Olsen", "Dubois"];
const COUNT = 400;

/** The customers of the demo company. Invented, and the same at every start. */
export function demoCustomers(): Map<string, Customer> {
  const customers = new Map<string, Customer>();
  for (let at = 1; at <= COUNT; at++) {
    const first = firstNames[at % firstNames.length] ?? "";
    const last = lastNames[at % lastNames.length] ?? "";
    const id = `C-${at}`;
    const email = `${first}.${last}.${at}@customers.example`.toLowerCase();
    customers.set(id, { id, name: `${first} ${last}`, email, iban: demoIban(at) });
  }
  return customers;
}

/** A German account number with correct check digits (ISO 13616), at a bank that does not exist. */
function demoIban(at: number): string {
  const account = `00000000${String(at).padStart(10, "0")}`;
  const check = 98n - (BigInt(`${account}131400`) % 97n);
  return `DE${String(check).padStart(2, "0")}${account}`;
}
