// The catalogue: a list of brands to search and to filter, each with an address of its own (#id).

import { bodyOf, drawings, factItem } from "./catalogue_brand.js";
import { API, agedNotice, ask, element, enter, fromTemplate, one } from "./shared.js";
import { text } from "./texts.js";

const TOLD_BY = {
  lettering: ({ wordmarks }) => wordmarks.length > 0,
  logo: ({ tells }) => tells.marks + tells.enrolled > 0,
  display: ({ tells }) => tells.display_marks > 0 || tells.clock !== null,
  answers: ({ tells }) => tells.carriers.length > 0,
};

const items = new Map(); // id to the brand and its place on the page
let catalogue;

async function show() {
  catalogue = await (await ask(`${API}/catalogue`)).json();
  showState(catalogue.state);
  fillFilters(catalogue.facts);
  one("#how .place").append(drawings(text("catalogue.name"), {}));
  one("#brands").replaceChildren(...catalogue.brands.map(item));
  const unnamed = catalogue.facts.filter(({ subjects }) => subjects.length === 0);
  one("#unnamed ul").replaceChildren(...unnamed.map(factItem));
  one("#unnamed").hidden = unnamed.length === 0;
  one("#filters").addEventListener("input", filter);
  one("#filters").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", openFromAddress);
  filter();
  openFromAddress();
}

function showState({ version, brands, advisories, origin, date }) {
  const where = text(`catalogue.origin.${origin}`);
  one("#state").textContent = `${text("catalogue.state", { version, brands, facts: advisories })} ${where}`;
  const notice = agedNotice(date);
  one("#old").hidden = notice === null;
  one("#old").textContent = notice ?? "";
}

function fillFilters(facts) {
  for (const [name, key] of [["where", "jurisdiction"], ["kind", "kind"]]) {
    const values = [...new Set(facts.filter(({ subjects }) => subjects.length > 0).map((fact) => fact[key]))].sort();
    one(`[name=${name}]`).append(...values.map((value) => element("option", { value, textContent: value, lang: "en" })));
  }
}

function item(brand) {
  const made = fromTemplate("#brand-template");
  const details = one("details", made);
  made.id = `maker-${brand.id}`;
  one("h2", made).textContent = brand.name;
  one(".by", made).textContent = builtBy(brand);
  const places = [...new Set(brand.facts.map((number) => catalogue.facts[number].jurisdiction))];
  one(".badges", made).append(...places.map((place) => element("span", { className: "badge", textContent: place, lang: "en" })));
  if (brand.own) one(".badges", made).append(element("span", { className: "badge", textContent: text("catalogue.own") }));
  details.addEventListener("toggle", () => toggled(details, brand));
  items.set(brand.id, { brand, made, words: wordsOf(brand) });
  return made;
}

function builtBy({ id, platform }) {
  if (platform === null) return text("catalogue.by_unknown");
  return platform === id ? "" : text("catalogue.by", { platform: nameOf(platform) });
}

export function nameOf(id) {
  return catalogue.brands.find((brand) => brand.id === id)?.name ?? id;
}

function wordsOf({ id, name, aliases, wordmarks, platform }) {
  return [id, name, ...aliases, ...wordmarks.map((mark) => mark.text), platform === null ? "" : nameOf(platform)].map(folded);
}

/** Without case, accents, blanks and signs, as the service compares names. */
function folded(words) {
  return words.normalize("NFKD").toLowerCase().replace(/[\s\p{P}\p{M}]+/gu, "");
}

function toggled(details, brand) {
  const body = one(".body", details);
  if (!details.open) return;
  if (body.childElementCount === 0) body.append(bodyOf(brand, catalogue, nameOf));
  history.replaceState(null, "", `#${brand.id}`);
}

// --- finding

function filter() {
  const { words, where, kind, told } = Object.fromEntries(new FormData(one("#filters")));
  const wanted = folded(words);
  let count = 0;
  for (const { brand, made, words: names } of items.values()) {
    made.hidden = !(names.some((name) => name.includes(wanted)) && published(brand, where, kind) && (told === "" || TOLD_BY[told](brand)));
    if (!made.hidden) count += 1;
  }
  one(".none").hidden = count > 0;
  one("#summary").textContent = text("catalogue.found", { count, all: items.size });
}

function published({ facts }, where, kind) {
  if (where === "" && kind === "") return true;
  return facts.some((number) => {
    const fact = catalogue.facts[number];
    return (where === "" || fact.jurisdiction === where) && (kind === "" || fact.kind === kind);
  });
}

function openFromAddress() {
  const found = items.get(decodeURIComponent(location.hash.slice(1)));
  if (found === undefined) return;
  if (found.made.hidden) {
    one("#filters").reset();
    filter();
  }
  const details = one("details", found.made);
  details.open = true;
  one("summary", details).focus();
  found.made.scrollIntoView();
}

enter(() => {
  show().catch((refused) => {
    one("#state").textContent = refused.message;
  });
});
