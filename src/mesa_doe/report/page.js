"use strict";
(() => {
  const make = (tag, settings = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), settings);
    made.append(...children);
    return made;
  };

  // ---- light and dark

  const root = document.documentElement;
  const theme = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const tell = () => { theme.textContent = isDark() ? "Light" : "Dark"; theme.setAttribute("aria-label", `${theme.textContent} colours`); };
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; tell(); });
  system.addEventListener("change", tell);
  theme.hidden = false;
  tell();

  // ---- sorting

  const words = new Intl.Collator("en", { numeric: true });
  const number = (text) => (text === "" ? NaN : Number(text.replace(/^(-?)inf$/, "$1Infinity")));
  // What is missing comes last, whichever way.
  const compare = (isNumeric, sign) => (a, b) => {
    const [x, y] = isNumeric ? [number(a), number(b)] : [a, b];
    const [noX, noY] = isNumeric ? [Number.isNaN(x), Number.isNaN(y)] : [x === "", y === ""];
    if (noX || noY) return noX - noY;
    return sign * (isNumeric ? (x > y) - (x < y) : words.compare(x, y));
  };

  const sortable = (headers, sort) => {
    for (const [place, header] of headers.entries()) {
      const button = make("button", { type: "button" }, ...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const up = header.getAttribute("aria-sort") !== "ascending";
        for (const other of headers) other.removeAttribute("aria-sort");
        header.setAttribute("aria-sort", up ? "ascending" : "descending");
        sort(place, up ? 1 : -1);
      });
    }
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    const isNumeric = (place) => [...body.rows].some((row) => row.cells[place].classList.contains("number"));
    const shown = (row, place) => {
      const cell = row.cells[place];
      if (!cell.classList.contains("number")) return cell.textContent;
      return cell.dataset.value ?? "";
    };
    sortable([...table.tHead.rows[0].cells], (place, sign) => {
      const by = compare(isNumeric(place), sign);
      body.append(...[...body.rows].sort((a, b) => by(shown(a, place), shown(b, place))));
    });
  }

  // ---- the large tables: shown, sorted and saved from the CSV that the page holds

  const read = (csv) => {
    const rows = [];
    let row = [], cell = "", quoted = false;
    for (let i = 0; i < csv.length; i++) {
      const letter = csv[i];
      if (quoted) {
        if (letter !== '"') cell += letter;
        else if (csv[i + 1] === '"') { cell += '"'; i++; }
        else quoted = false;
      } else if (letter === '"') quoted = true;
      else if (letter === ",") { row.push(cell); cell = ""; }
      else if (letter === "\n") { row.push(cell); rows.push(row); row = []; cell = ""; }
      else if (letter !== "\r") cell += letter;
    }
    return rows;
  };
  const brief = (text, isNumeric) => {
    const value = isNumeric ? number(text) : NaN;
    return Number.isFinite(value) && !Number.isInteger(value) ? String(Number(value.toPrecision(6))) : text;
  };
  const save = (name, text) => {
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };

  const FIRST = 20, MORE = 200;
  const data = JSON.parse(document.getElementById("data").textContent);
  for (const place of document.querySelectorAll("[data-table]")) {
    const name = place.dataset.table;
    const { csv, numeric, title } = data[name];
    const [header, ...rows] = read(csv);
    let count = FIRST;
    const body = make("tbody");
    const told = make("span", { ariaLive: "polite" });
    const more = make("button", { type: "button", textContent: "Show more" });
    const download = make("button", { type: "button", textContent: `Save ${name}.csv` });
    const show = () => {
      body.replaceChildren(...rows.slice(0, count).map((row) => make("tr", {}, ...row.map((text, column) => {
        const shown = brief(text, numeric[column]);
        return make("td", { className: numeric[column] ? "number" : "", textContent: shown, title: shown === text && text.length < 30 ? "" : text });
      }))));
      const end = Math.min(count, rows.length);
      told.textContent = `${end.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows shown`;
      more.hidden = end >= rows.length;
    };
    const headers = header.map((text, column) => make("th", { scope: "col", className: numeric[column] ? "number" : "" }, text));
    sortable(headers, (column, sign) => {
      const by = compare(numeric[column], sign);
      rows.sort((a, b) => by(a[column], b[column]));
      show();
    });
    more.addEventListener("click", () => { count += MORE; show(); });
    download.addEventListener("click", () => save(`${name}.csv`, csv));
    const table = make("table", { className: "data" }, make("caption", { className: "hidden" }, title), make("thead", {}, make("tr", {}, ...headers)), body);
    const scroll = make("div", { className: "scroll", tabIndex: 0, role: "group", ariaLabel: title }, table);
    place.replaceChildren(make("div", { className: "bar" }, download, told, more), scroll);
    show();
  }
})();
