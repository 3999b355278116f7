// How a field of a state is shown by an element, as the element's attributes say.
import { drawPixels } from "./screens.js";

const money = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: "EUR" });
const two = (number) => String(number).padStart(2, "0");
const FORMATS = {
  kib: (bytes) => `${Math.round(bytes / 1024)} / 96 KiB`,
  clock: (s) => `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`,
  cents: (cents) => money.format(cents / 100),
};
const names = Object.fromEntries(
  [...document.querySelectorAll(".card")].map((card) => [
    JSON.parse(card.querySelector("input").dataset.value).uid, card.querySelector(".card-name").textContent,
  ]),
);

export const cents = (value) => money.format(value / 100);

function word(element, value) {
  const { words, as } = element.dataset;
  if (words) return JSON.parse(words)[value] ?? "";
  if (value === null || value === undefined) return as === "cents" ? "" : "–";
  return as ? FORMATS[as](value) : String(value);
}

function list(element, values) {
  const { none, before, labels } = element.dataset;
  const known = labels ? JSON.parse(labels) : "names" in element.dataset ? names : {};
  if (element.matches("ol")) {
    element.replaceChildren(...(values.length ? values : [none]).map((text) => {
      const line = document.createElement("li");
      line.textContent = text;
      line.className = values.length ? "" : "none";
      return line;
    }));
    element.scrollTop = element.scrollHeight;
    return;
  }
  const said = values.map((value) => known[value] || value).join(", ");
  element.textContent = values.length ? (before || "") + said : none;
}

function rows(body, requests) {
  const words = JSON.parse(body.dataset.words);
  body.replaceChildren(...requests.toReversed().map((request) => {
    const row = document.createElement("tr");
    const fate = words[request.fate] || "";
    const heard = request.status ?? (fate ? words.nothing : words.waits);
    const booked = request.ledger_status && request.ledger_status !== request.status
      ? `${words.ledger} ${request.ledger_status}` : "";
    const cells = [
      `${(request.at_ms / 1000).toFixed(1)} s`,
      `${request.method} ${request.path}`,
      [heard, fate, booked].filter(Boolean).join(", "),
      request.took_ms === null ? "–" : `${request.took_ms} ms`,
    ];
    row.className = request.status !== null && request.status < 300 ? "went-well" : "went-badly";
    row.append(...cells.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
    return row;
  }));
}

function balances(element, all) {
  const uid = element.dataset.cents;
  if (uid in all) element.textContent = all[uid] === null ? element.dataset.none : cents(all[uid]);
}

// Attribute, the field that it names (or that it always shows), and what is done with the value.
const KINDS = [
  ["text", null, (element, value) => { element.textContent = word(element, value); }],
  ["on", null, (element, value) => element.classList.toggle("is-on", Array.isArray(value) ? value.length > 0 : Boolean(value))],
  ["shown", null, (element, value) => { element.hidden = !value; }],
  ["fill", null, (element, value) => element.style.setProperty("--fill", value)],
  ["pressed", null, (element, value) => element.setAttribute("aria-pressed", String(Boolean(value)))],
  ["value", null, (element, value) => { if (element !== document.activeElement) element.value = value; }],
  ["list", null, list],
  ["lcd", "lines", (element, lines) => { element.textContent = lines.join("\n"); }],
  ["oled", "pixels", drawPixels],
  ["console", "console", (element, lines) => { element.textContent = lines.join("\n"); element.scrollTop = element.scrollHeight; }],
  ["requests", "requests", rows],
  ["cents", "cents", balances],
];

export function* bindings(scope) {
  for (const [kind, always, show] of KINDS) {
    for (const element of [scope, ...scope.querySelectorAll(`[data-${kind}]`)]) {
      if (!(kind in element.dataset) || element.closest("[data-topic]") !== scope) continue;
      if (kind === "value" && element.matches("input[type=radio]")) continue;
      yield [always || element.dataset[kind], (value) => show(element, value)];
    }
  }
}
