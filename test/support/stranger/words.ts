/** The words of a harbour company in the north. None of them is one of the demo's. */

export const issuer = "https://anmeldung.werftkontor.example";
export const environment = "hafen";
export const elsewhere = "trockendock";
export const zone = "Atlantic/Reykjavik";

const harbour = [
  ["liegeplatz", "Liegeplätze und Gezeiten"],
  ["container-yard", "Container yard · 集装箱堆场"],
  ["zollamt", "Zollamt: Ausfuhr & Einfuhr"],
  ["kran-telemetrie", "Kräne, Lasten, Störungen"],
  ["crew-roster", "Crew roster – équipages"],
  ["kassenbuch", "Kassenbuch (€ · kr · ₺)"],
  ["cargo-claims", "Cargo claims — réclamations"],
  ["wetter", "Wetter und Eis"],
  ["fuel-depot", "Fuel depot / Treibstofflager"],
  ["tor-kameras", "Kameras an den Toren №1–№9"],
  ["frachtpost", "Frachtpost, “Briefe” an Kunden"],
  ["hafenwiki", "Hafenwiki — Þekking"],
] as const;

export interface ServerWords {
  readonly id: string;
  readonly title: string;
}

export function serverWords(index: number): ServerWords {
  const [id, title] = harbour[index % harbour.length] ?? harbour[0];
  const round = Math.floor(index / harbour.length);
  return round === 0 ? { id, title } : { id: `${id}-${round + 1}`, title: `${title}, Becken ${round + 1}` };
}

const departments = [
  ["lotsen", "Lotsen & Schlepper"],
  ["umschlag", "Umschlag"],
  ["ausfuhr", "Ausfuhr/Zoll"],
  ["werkstatt", "Werkstatt – Nacht"],
  ["finanzen", "Finanzen: Kasse"],
  ["technik", "Технический отдел"],
] as const;

export interface DepartmentWords {
  readonly id: string;
  /** The group of everybody in it, as the issuer names it. */
  readonly staff: string;
  /** The group of those who decide. */
  readonly heads: string;
}

export function departmentWords(index: number): DepartmentWords {
  const [word, name] = departments[index % departments.length] ?? departments[0];
  const round = Math.floor(index / departments.length);
  const more = round === 0 ? "" : ` ${round + 1}`;
  return { id: round === 0 ? word : `${word}-${round + 1}`, staff: `${name}${more}`, heads: `${name}${more} (Leitung)` };
}

export const outsiders = "Externe Firmen";
export const auditors = "révision";

/** As a part of a package's name. */
export const snake = (id: string): string => id.replaceAll("-", "_");
