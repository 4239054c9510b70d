// One sighting: what the machine and persons say, its photos, its place, and what may be the same camera.

import { forgetPictures, showLater } from "./lazy.js";
import { API, ask, askWith, element, fromTemplate, headline, nameOf, one, sentence, trying, vendorOptions } from "./shared.js";
import { text } from "./texts.js";
import { moment, percent, wordFor } from "./words.js";

const KEPT_NAME = "camid-reviewer";
const DIGITS = 6;

export function titleOf({ said, machine, rejected }) {
  if (rejected) return text("sightings.no_camera");
  if (said === null) return headline(machine);
  return said.vendor === null ? text("sightings.unknown_maker") : makerOf(said.vendor);
}

export function placeOf({ latitude, longitude }) {
  return `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
}

function makerOf(vendor) {
  return vendor === "other" ? text("sightings.other") : nameOf(vendor);
}

export class Detail {
  #map;
  #changed;
  #sighting;

  /** `changed(sighting, gone)` hears of the sighting as it is now, and of the ids that are one with it since. */
  constructor(sighting, map, { changed, close, remove }) {
    this.#map = map;
    this.#changed = changed;
    this.root = fromTemplate("#detail-template");
    one("[name=by]", this.root).value = localStorage.getItem(KEPT_NAME) ?? "";
    one(".word [name=vendor]", this.root).append(...vendorOptions());
    for (const form of this.root.querySelectorAll("[data-form]")) form.textContent = wordFor("form", form.dataset.form);
    one(".back", this.root).addEventListener("click", close);
    one(".remove", this.root).addEventListener("click", () => remove(this.#sighting));
    one(".pick", this.root).addEventListener("click", () => this.#togglePicking());
    one(".unplace", this.root).addEventListener("click", () => this.#unplace());
    one(".reject", this.root).addEventListener("click", () => this.#say({ rejected: true }));
    this.#onSubmit(".place", () => this.#place());
    this.#onSubmit(".word", () => this.#sayWhatIsChosen());
    for (const input of this.root.querySelectorAll(".place input")) input.addEventListener("input", () => this.#draftTyped());
    this.#show(sighting);
  }

  focus() {
    one("h2", this.root).focus({ preventScroll: true });
  }

  /** Lets go of the map and of the pictures. */
  end() {
    this.#stopPicking();
    this.#map.draft(null);
    forgetPictures(this.root);
  }

  #onSubmit(selector, act) {
    one(selector, this.root).addEventListener("submit", (event) => {
      event.preventDefault();
      act();
    });
  }

  #show(sighting) {
    this.#sighting = sighting;
    const { machine, said, place, own } = sighting;
    one("h2", this.root).textContent = titleOf(sighting);
    one(".machine", this.root).replaceChildren(...machineWords(sighting));
    one(".said", this.root).hidden = said === null;
    if (said !== null) one(".person", this.root).textContent = personWords(said);
    this.#showViews(sighting);
    one(".place .facts", this.root).textContent = placeWords(place);
    one(".unplace", this.root).hidden = place?.origin !== "hand";
    const [latitude, longitude] = this.root.querySelectorAll(".place input");
    latitude.value = place?.latitude.toFixed(DIGITS) ?? "";
    longitude.value = place?.longitude.toFixed(DIGITS) ?? "";
    const shown = said !== null && !sighting.rejected ? said : { vendor: machine.brand ?? machine.platform, form_factor: sighting.form_factor };
    one(".word [name=vendor]", this.root).value = shown.vendor ?? "";
    one(".word [name=form_factor]", this.root).value = shown.form_factor ?? "";
    for (const part of this.root.querySelectorAll(".changes, .remove")) part.hidden = !own;
    one(".locked", this.root).hidden = own;
    this.#suggest();
  }

  #showViews({ views, own }) {
    const list = one(".views", this.root);
    forgetPictures(list);
    list.replaceChildren(...views.map((view) => {
      const crop = element("img", { alt: text("sightings.in_photo", { name: view.name }) });
      showLater(crop, `${API}/photos/${view.photo}/cameras/${view.index}.jpg`);
      const item = element("li", { className: view.camera.identification.verdict }, crop, element("div", {},
        element("strong", { textContent: view.name }),
        views.length > 1 ? element("small", { textContent: text("sightings.alone", { name: headline(view.camera.identification) }) }) : "",
        element("small", { textContent: moment(view.taken_at) })));
      if (own && views.length > 1) item.append(this.#splitButton(view));
      return item;
    }));
  }

  #splitButton(view) {
    const button = element("button", { type: "button", className: "quiet", textContent: text("sightings.split") });
    button.setAttribute("aria-label", text("sightings.split_photo", { name: view.name }));
    button.addEventListener("click", () => this.#change(this.root, async () => {
      const { left, split } = await (await askWith("POST", `${this.#path}/split`, { photo: view.photo })).json();
      await this.#changed(left, [], split);
      return left;
    }));
    return button;
  }

  async #suggest() {
    const section = one(".suggested", this.root);
    section.hidden = true;
    if (!this.#sighting.own) return;
    const { id } = this.#sighting;
    try {
      const { suggestions } = await (await ask(`${this.#path}/suggestions`)).json();
      if (id !== this.#sighting.id || suggestions.length === 0) return;
      const list = one(".suggestions", this.root);
      forgetPictures(list);
      list.replaceChildren(...suggestions.map((found) => this.#suggestion(found)));
      section.hidden = false;
    } catch {
      // Suggestions are a help; without them a camera is chosen in the list.
    }
  }

  #suggestion({ sighting, metres, seconds }) {
    const [view] = sighting.views;
    const crop = element("img", { alt: text("sightings.in_photo", { name: view.name }) });
    showLater(crop, `${API}/photos/${view.photo}/cameras/${view.index}.jpg`);
    const button = element("button", { type: "button", className: "quiet", textContent: text("sightings.join") });
    button.setAttribute("aria-label", text("sightings.join_photo", { name: view.name }));
    button.addEventListener("click", () => this.#change(this.root, async () => {
      const joint = await (await askWith("POST", `${API}/sightings/join`, { sightings: [this.#sighting.id, sighting.id] })).json();
      await this.#changed(joint, [sighting.id]);
      return joint;
    }));
    const far = [metres === null ? null : text("sightings.metres", { metres: Math.round(metres) }), apart(seconds)].filter(Boolean).join(" · ");
    return element("li", { className: sighting.machine.verdict }, crop, element("div", {},
      element("strong", { textContent: titleOf(sighting) }), element("small", { textContent: view.name }), element("small", { textContent: far })), button);
  }

  // --- the place

  #togglePicking() {
    if (one(".pick", this.root).getAttribute("aria-pressed") === "true") {
      this.#stopPicking();
      return;
    }
    one(".pick", this.root).setAttribute("aria-pressed", "true");
    this.#hint(text("sightings.place_hint"));
    this.#map.root.scrollIntoView({ block: "nearest" });
    this.#map.pick((latitude, longitude) => {
      const [first, second] = this.root.querySelectorAll(".place input");
      first.value = latitude.toFixed(DIGITS);
      second.value = longitude.toFixed(DIGITS);
      this.#stopPicking();
      one(".place [type=submit]", this.root).focus();
    });
  }

  #stopPicking() {
    one(".pick", this.root).setAttribute("aria-pressed", "false");
    this.#hint("");
    this.#map.pick(null);
  }

  #hint(words) {
    one("#map-hint").textContent = words;
  }

  #draftTyped() {
    const [latitude, longitude] = this.#typed();
    this.#map.draft(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [latitude, longitude] : null);
  }

  #typed() {
    return [...this.root.querySelectorAll(".place input")].map(({ value }) => degreesOf(value));
  }

  #place() {
    const form = one(".place", this.root);
    const [latitude, longitude] = this.#typed();
    if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
      one(".error", form).textContent = text("sightings.place_wrong");
      return;
    }
    this.#change(form, async () => {
      const placed = await (await askWith("PUT", `${this.#path}/place`, { latitude, longitude, by: this.#by() })).json();
      await this.#changed(placed, []);
      return placed;
    });
  }

  #unplace() {
    this.#change(one(".place", this.root), async () => {
      const left = await (await ask(`${this.#path}/place`, { method: "DELETE" })).json();
      await this.#changed(left, []);
      return left;
    });
  }

  // --- a person's word

  #sayWhatIsChosen() {
    const { vendor, form_factor: form } = one(".word", this.root).elements;
    this.#say({ vendor: vendor.value || null, form_factor: form.value || null });
  }

  #say(word) {
    this.#change(one(".word", this.root), async () => {
      const said = await (await askWith("POST", `${this.#path}/words`, { ...word, by: this.#by() })).json();
      await this.#changed(said, []);
      return said;
    });
  }

  #by() {
    const input = one("[name=by]", this.root);
    const by = input.value.trim();
    if (by === "") {
      input.focus();
      throw new Error(text("sightings.by_missing"));
    }
    localStorage.setItem(KEPT_NAME, by);
    return by;
  }

  get #path() {
    return `${API}/sightings/${this.#sighting.id}`;
  }

  #change(form, work) {
    return trying(form, async () => this.#show(await work()));
  }
}

function machineWords({ machine, sentence: said }) {
  const badge = element("span", { className: "badge", textContent: wordFor("verdict", machine.verdict) });
  const parts = [element("strong", { textContent: headline(machine) }), " ", badge];
  if (machine.verdict === "identified") parts.push(" ", text("sightings.sureness", { percent: percent(machine.confidence) }));
  return [element("span", {}, ...parts), element("span", { className: "sentence", lang: "en", textContent: sentence(said) })];
}

function personWords(said) {
  const what = said.decision === "rejected" ? text("sightings.no_camera") : [
    said.vendor === null ? text("sightings.unknown_maker") : makerOf(said.vendor),
    said.form_factor === null ? null : wordFor("form", said.form_factor),
  ].filter(Boolean).join(", ");
  return text("sightings.says", { by: said.by, what, at: moment(said.at) });
}

function placeWords(place) {
  if (place === null) return text("sightings.place_none");
  const where = placeOf(place);
  return place.origin === "hand"
    ? text("sightings.place_hand", { where, by: place.by, at: moment(place.at) })
    : text("sightings.place_exif", { where });
}

function apart(seconds) {
  if (seconds === null) return null;
  if (seconds < 60) return text("sightings.seconds", { count: Math.round(seconds) });
  if (seconds < 5400) return text("sightings.minutes", { count: Math.round(seconds / 60) });
  return seconds < 172_800 ? text("sightings.hours", { count: Math.round(seconds / 3600) }) : text("sightings.days", { count: Math.round(seconds / 86_400) });
}

// Both "44.5" and "44,5" are written.
function degreesOf(typed) {
  const plain = typed.trim().replace(",", ".");
  return /^[+-]?\d+(\.\d*)?$/.test(plain) ? Number(plain) : NaN;
}
