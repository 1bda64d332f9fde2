/**
 * The script of the page. It draws one page of the table at a time, so that a thousand callers by a thousand tools are as
 * quick as ten, and it writes texts as texts: nothing of the data is ever read as HTML.
 */
export const pageScript = String.raw`
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const COLUMNS = 24, ROWS = 120, ALIKE = 40;
  const state = { column: 0, row: 0 };
  const rows = data.rows.map((row) => ({ ...row, text: row.callers.map((one) => one.join(" ")).join(" \n ").toLowerCase(), cells: null }));
  const targets = data.targets.map((target, at) => ({ at, server: target[0], name: target[1], kind: target[2], effects: target[3], risk: target[4],
    text: (target[0] + "." + target.slice(1).join(" ")).toLowerCase() }));

  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  function cellsOf(row) {
    if (row.cells) return row.cells;
    row.cells = new Uint32Array(targets.length);
    for (let run = 0, at = 0; run < row.runs.length; at += row.runs[run + 1], run += 2) row.cells.fill(row.runs[run], at, at + row.runs[run + 1]);
    return row.cells;
  }

  /** Every word has to be there. */
  const fitting = (items, query) => {
    const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
    return items.filter((item) => words.every((word) => item.text.includes(word)));
  };

  function shownTargets(callers) {
    const fit = fitting(targets, byId("target").value);
    if (byId("only").value !== "open") return fit;
    const open = new Set(data.cells.flatMap((cell, at) => (cell.verdict < 3 ? [at] : [])));
    const used = new Uint8Array(targets.length);
    for (const row of callers) cellsOf(row).forEach((cell, at) => { if (open.has(cell)) used[at] = 1; });
    return fit.filter((target) => used[target.at] === 1);
  }

  function draw() {
    const callers = fitting(rows, byId("caller").value);
    const asked = shownTargets(callers);
    state.column = Math.min(state.column, Math.max(0, Math.floor((callers.length - 1) / COLUMNS) * COLUMNS));
    state.row = Math.min(state.row, Math.max(0, Math.floor((asked.length - 1) / ROWS) * ROWS));
    pages("pages-callers", "callers", "column", COLUMNS, callers.length);
    pages("pages-targets", "targets", "row", ROWS, asked.length);
    if (callers.length === 0 || asked.length === 0) {
      byId("frame").replaceChildren(make("p", {}, "Nothing fits these words."));
      return;
    }
    const columns = callers.slice(state.column, state.column + COLUMNS);
    byId("frame").replaceChildren(tableOf(columns, asked.slice(state.row, state.row + ROWS)));
  }

  function pages(id, noun, key, size, count) {
    const from = state[key];
    const to = Math.min(count, from + size);
    const turn = (label, sign, start) => {
      const button = make("button", { type: "button", "aria-label": label + " " + noun }, sign);
      button.disabled = start < 0 || start >= count;
      button.addEventListener("click", () => { state[key] = start; draw(); });
      return button;
    };
    const told = count === 0 ? "no " + noun : noun + " " + (from + 1) + "–" + to + " of " + count;
    byId(id).replaceChildren(told, ...(count > size ? [turn("previous", "‹", from - size), turn("next", "›", from + size)] : []));
  }

  function tableOf(columns, asked) {
    const heads = columns.map(({ callers }) => make("th", { scope: "col" }, callers[0][0], make("small", {}, callers[0][1]),
      ...(callers.length > 1 ? [make("span", { class: "alike", title: callers.slice(0, ALIKE).map((one) => one.join(" ")).join("\n") }, "and " + (callers.length - 1) + " alike")] : [])));
    const body = make("tbody", {});
    let server;
    for (const target of asked) {
      if (target.server !== server) {
        server = target.server;
        body.append(make("tr", {}, make("th", { scope: "rowgroup", colspan: String(columns.length + 1) }, make("span", {}, server))));
      }
      const facts = [target.kind === "tool" ? "" : target.kind, target.effects, target.risk].filter((fact) => fact !== "").join(" · ");
      body.append(make("tr", {}, make("th", { scope: "row" }, target.name, make("small", {}, facts)), ...columns.map((row) => cellOf(row, target))));
    }
    return make("table", {}, make("thead", {}, make("tr", {}, make("th", { class: "corner", scope: "col" }, "target"), ...heads)), body);
  }

  function cellOf(row, target) {
    const cell = data.cells[cellsOf(row)[target.at]];
    const [verdict, label] = data.verdicts[cell.verdict];
    const told = cell.marks.map((mark) => data.marks[mark].label).join(", ");
    const button = make("button", { type: "button", "aria-label": label + (told === "" ? "" : ", " + told) }, make("span", { class: "cell " + verdict }, label));
    if (told !== "") button.append(make("span", { class: "mark", title: told }, cell.marks.map((mark) => data.marks[mark].sign).join("")));
    const place = make("td", {}, button);
    button.addEventListener("click", () => tell(row, target, cell, place));
    return place;
  }

  function tell(row, target, cell, place) {
    for (const other of document.querySelectorAll("td.chosen")) other.classList.remove("chosen");
    place.classList.add("chosen");
    const [verdict, label, meaning] = data.verdicts[cell.verdict];
    const close = make("button", { type: "button", class: "close", "aria-label": "close details" }, "×");
    close.addEventListener("click", () => { byId("details").hidden = true; place.querySelector("button").focus(); });
    const list = make("dl", {});
    const add = (title, texts) => { if (texts.length > 0) list.append(make("dt", {}, title), ...texts.map((text) => make("dd", {}, text))); };
    add("permitted by", cell.permits);
    add("why", cell.reasons.flatMap(([code, message, remedy]) => [code, message, remedy].filter((text) => text !== "")));
    add("bound to", cell.obligations);
    add("when", cell.when === "" ? [] : [cell.when, "else " + cell.otherwise.join(" or ")]);
    if (cell.verdict < 3) add("arguments", [(cell.sampled ? "The catalog's sample call was tried" : "A call without arguments was tried") + (cell.arguments ? "; rules look at arguments, others may be refused." : ".")]);
    add("rules look at", cell.facts.length === 0 ? [] : [cell.facts.join(", ")]);
    const others = row.callers.slice(1, ALIKE).map((one) => one.join(" "));
    add("callers alike", others.length === 0 ? [] : [...others, ...(row.callers.length > ALIKE ? ["and " + (row.callers.length - ALIKE) + " more"] : [])]);
    byId("details").replaceChildren(close, make("h2", {}, row.callers[0].join(" ")), make("p", {}, target.server + "." + target.name),
      make("p", {}, make("span", { class: "cell " + verdict }, label), " " + meaning), list);
    byId("details").hidden = false;
  }

  let waiting;
  const again = () => { clearTimeout(waiting); waiting = setTimeout(() => { state.column = 0; state.row = 0; draw(); }, 120); };
  for (const id of ["caller", "target", "only"]) byId(id).addEventListener("input", again);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  draw();
})();
`;
