// What one batch found: a table of cameras by a filter, files without an answer, and everything as a file.

import { forgetPictures, showLater } from "./lazy.js";
import { API, ask, element, fromTemplate, headline, one, save } from "./shared.js";

const PAGE = 50;
const VALUES = {
  wordmark: (value) => `“${value}” was read`, model: (value) => `number “${value}” was read`, mark: (value) => `logo like “${value}”`,
  look: (value) => `looks like “${value}”`, osd: (value) => `display shows “${value}”`,
};

export class Results {
  #path;
  #filter = "";
  #cameras = 0;
  #errors = 0;
  #asked = 0;

  constructor(batch) {
    this.#path = `${API}/batches/${batch.id}`;
    this.root = fromTemplate("#results-template");
    one(".filter", this.root).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#apply(event.target.elements.filter.value.trim());
    });
    for (const pick of this.root.querySelectorAll("[data-filter]")) {
      pick.addEventListener("click", () => this.#apply(pick.dataset.filter));
    }
    for (const save of this.root.querySelectorAll("[data-export]")) {
      save.addEventListener("click", () => this.#save(save, save.dataset.export));
    }
    one(".more", this.root).addEventListener("click", () => this.#loadCameras(false));
    one(".more-errors", this.root).addEventListener("click", () => this.#loadErrors(false));
    one(".unreadable", this.root).addEventListener("toggle", ({ target }) => target.open && this.#loadErrors(true));
    this.#showFilter();
  }

  async load() {
    await this.#loadCameras(true);
    if (one(".unreadable", this.root).open) await this.#loadErrors(true);
  }

  /** The batch has got further: what is shown is asked for again where it ended, else a word says so. */
  markOld({ state }) {
    if (this.root.parentElement.hidden) return;
    if (state === "running" && this.#cameras > 0) one(".found", this.root).textContent = "There is more by now: apply the filter again.";
    else this.load();
  }

  forget() {
    this.#clear();
  }

  #apply(filter) {
    this.#filter = filter;
    this.#showFilter();
    this.load();
  }

  #showFilter() {
    one("[name=filter]", this.root).value = this.#filter;
    for (const pick of this.root.querySelectorAll("[data-filter]")) {
      pick.setAttribute("aria-pressed", String(pick.dataset.filter === this.#filter));
    }
  }

  async #loadCameras(anew) {
    const turn = ++this.#asked;
    const offset = anew ? 0 : this.#cameras;
    const query = new URLSearchParams({ filter: this.#filter, limit: PAGE, offset });
    const answer = await this.#asking(`cameras?${query}`);
    if (answer === null || turn !== this.#asked) return;
    if (anew) this.#clear();
    one("tbody", this.root).append(...answer.cameras.map((camera) => this.#row(camera)));
    this.#cameras = offset + answer.cameras.length;
    one(".more", this.root).hidden = !answer.more;
    const number = answer.more ? `The first ${this.#cameras} cameras` : this.#cameras === 1 ? "1 camera" : `${this.#cameras} cameras`;
    one(".found", this.root).textContent = this.#cameras === 0 ? "No camera fits." : `${number}${answer.more ? ", by photo" : ""}`;
    one(".table", this.root).hidden = this.#cameras === 0;
  }

  async #loadErrors(anew) {
    const offset = anew ? 0 : this.#errors;
    const answer = await this.#asking(`errors?${new URLSearchParams({ limit: PAGE, offset })}`);
    if (answer === null) return;
    const list = one(".unreadable ul", this.root);
    if (anew) list.replaceChildren();
    list.append(...answer.errors.map(({ place, message }) =>
      element("li", {}, place, element("small", { textContent: message }))));
    this.#errors = offset + answer.errors.length;
    if (this.#errors === 0) list.append(element("li", { textContent: "None so far." }));
    one(".more-errors", this.root).hidden = !answer.more;
  }

  async #asking(what) {
    one(".error", this.root).textContent = "";
    try {
      return await (await ask(`${this.#path}/${what}`)).json();
    } catch (refused) {
      one(".error", this.root).textContent = refused.message;
      return null;
    }
  }

  #row(camera) {
    const crop = element("img", { alt: "" });
    showLater(crop, `${this.#path}/crops/${camera.sha256}/${camera.camera}.jpg`);
    return element("tr", { className: camera.verdict },
      element("td", { className: "thumb" }, crop),
      element("td", { className: "maker" }, headline(camera), small(sureness(camera))),
      element("td", { className: "because", textContent: reasons(camera) }),
      element("td", { textContent: camera.taken_at?.slice(0, 10) ?? "" }),
      element("td", {}, ...where(camera)),
      element("td", { className: "place" }, camera.place, small(moment(camera.frame_s))));
  }

  #clear() {
    forgetPictures(one("tbody", this.root));
    one("tbody", this.root).replaceChildren();
  }

  async #save(button, name) {
    button.disabled = true;
    one(".error", this.root).textContent = "";
    try {
      await save(`${this.#path}/exports/${name}`, name);
    } catch (refused) {
      one(".error", this.root).textContent = refused.message;
    } finally {
      button.disabled = false;
    }
  }
}

function small(text) {
  return text === "" ? "" : element("small", { textContent: text });
}

function sureness({ verdict, confidence, form_factor }) {
  const parts = [];
  if (verdict === "identified" && confidence !== null) parts.push(confidence > 0.999 ? "over 99.9 %" : `${(100 * confidence).toFixed(1)} %`);
  if (form_factor !== null) parts.push(form_factor);
  return parts.join(", ");
}

function reasons({ evidence }) {
  return evidence.slice(0, 2).map(({ kind, value }) => VALUES[kind]?.(value) ?? value).join("; ");
}

function where({ latitude, longitude, country }) {
  if (latitude === null || longitude === null) return [country ?? ""];
  return [country ?? "", small(`${latitude.toFixed(4)}, ${longitude.toFixed(4)}`)];
}

function moment(seconds) {
  if (seconds === null) return "";
  return `at ${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
