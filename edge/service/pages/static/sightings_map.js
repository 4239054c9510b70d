// The map of sightings: dots on tiles of a server, on tiles of this service, or on a plain grid. Without a tile server
// in the settings it asks nothing of anybody but this service.

import "./vendor/leaflet/leaflet.js";
import { API, ask, element } from "./shared.js";
import { text } from "./texts.js";

const { L } = window;
const WORLD = [[25, 0], 2];
const NEAR_ZOOM = 17;
const STEPS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30];
const LEAST_PIXELS = 110;
const VERDICTS = ["identified", "candidates", "undetermined", "rejected"];

// Leaflet's own layer of tiles lets go of a tile by the address of an empty picture, which the page's policy forbids.
const Tiles = L.GridLayer.extend({
  createTile(place, done) {
    const tile = element("img", { alt: "", referrerPolicy: "no-referrer" });
    tile.onload = () => done(null, tile);
    tile.onerror = () => done(null, tile); // where there is no tile there is nothing to be seen
    this.options.load(tile, place);
    return tile;
  },
});

function loadFrom(url) {
  return (tile, { x, y, z }) => {
    tile.src = url.replace("{z}", z).replace("{x}", x).replace("{y}", y);
  };
}

/** From this service, which wants a token. */
async function loadOwn(tile, { x, y, z }) {
  try {
    tile.src = URL.createObjectURL(await (await ask(`${API}/tiles/${z}/${x}/${y}`)).blob());
  } catch {
    tile.onerror();
  }
}

export class SightingMap {
  #map;
  #dots = L.featureGroup();
  #grid = L.layerGroup();
  #chosen = null;
  #draft = null;
  #picked = null;

  /** `open(id)` is called for the sighting whose dot is chosen. */
  constructor(root, open) {
    this.open = open;
    this.root = root;
    this.#map = L.map(root, { zoomControl: false, worldCopyJump: true, maxZoom: 22, zoomAnimation: false }).setView(...WORLD);
    this.#map.createPane("grid").style.zIndex = 250; // under the dots
    L.control.zoom({ position: "topright", zoomInTitle: text("sightings.zoom_in"), zoomOutTitle: text("sightings.zoom_out") }).addTo(this.#map);
    this.#map.attributionControl.setPrefix("Leaflet");
    this.#dots.addTo(this.#map);
    this.#map.on("click", ({ latlng }) => this.#pick(latlng));
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== root || this.#picked === null) return;
      event.preventDefault(); // else it would press the button that gets the focus
      this.#pick(this.#map.getCenter());
    });
    new ResizeObserver(() => this.#map.invalidateSize()).observe(root);
  }

  /** Lays what the service has been set to under the dots. */
  async lay() {
    const { url, file, attribution, min_zoom: minNativeZoom, max_zoom: maxNativeZoom } = await (await ask(`${API}/tiles`)).json();
    const options = { minNativeZoom, maxNativeZoom, maxZoom: 22, attribution: escaped(attribution) };
    if (file || url !== null) {
      const tiles = new Tiles({ ...options, load: file ? loadOwn : loadFrom(url) });
      tiles.on("tileunload", ({ tile }) => URL.revokeObjectURL(tile.src));
      tiles.addTo(this.#map);
    } else {
      this.#grid.addTo(this.#map);
      this.#map.on("moveend", () => this.#drawGrid());
      this.#drawGrid();
    }
  }

  /** A dot for each place; several sightings of one place share it. */
  show(sightings) {
    this.#dots.clearLayers();
    const places = new Map();
    for (const sighting of sightings.filter(({ place }) => place !== null)) {
      const { latitude, longitude } = sighting.place;
      const key = `${latitude.toFixed(5)} ${longitude.toFixed(5)}`;
      places.set(key, [...(places.get(key) ?? []), sighting]);
    }
    for (const group of places.values()) this.#dots.addLayer(this.#dot(group));
    if (this.#chosen !== null) this.#light(this.#chosen);
  }

  /** All dots in sight. */
  fit() {
    if (this.#dots.getLayers().length > 0) this.#map.fitBounds(this.#dots.getBounds(), { maxZoom: NEAR_ZOOM, padding: [40, 40] });
  }

  /** Marks one sighting, and goes there where it is out of sight; null: none. */
  choose(sighting) {
    this.#chosen = sighting?.id ?? null;
    this.draft(null);
    this.#light(this.#chosen);
    const place = sighting?.place ?? null;
    if (place === null) return;
    const where = [place.latitude, place.longitude];
    if (!this.#map.getBounds().contains(where)) this.#map.setView(where, Math.max(this.#map.getZoom(), 14));
  }

  /** Lets a place be picked: `picked(latitude, longitude)` hears of each; null: no longer. */
  pick(picked) {
    this.#picked = picked;
    this.root.classList.toggle("picking", picked !== null);
    if (picked !== null) this.root.focus({ preventScroll: true });
  }

  /** Shows a place that is not set yet, as [latitude, longitude]; null: none. */
  draft(where) {
    this.#draft?.remove();
    this.#draft = where && L.circleMarker(where, { radius: 9, className: "dot draft", interactive: false }).addTo(this.#map);
  }

  #pick(where) {
    if (this.#picked === null) return;
    const { lat, lng } = where.wrap();
    this.draft([lat, lng]);
    this.#picked(lat, lng);
  }

  #dot(group) {
    const [{ place, title }] = group;
    const dot = L.circleMarker([place.latitude, place.longitude], {
      radius: group.length > 1 ? 11 : 8, className: `dot ${best(group)}`, bubblingMouseEvents: false,
    });
    dot.sightings = group;
    if (group.length === 1) dot.bindTooltip(element("span", { textContent: title }));
    else dot.bindTooltip(element("b", { textContent: group.length }), { permanent: true, direction: "center", className: "count" });
    dot.on("click", ({ latlng }) => {
      if (this.#picked !== null) this.#pick(latlng);
      else if (group.length === 1) this.open(group[0].id);
      else dot.bindPopup(this.#choice(group)).openPopup();
    });
    return dot;
  }

  #choice(group) {
    const buttons = group.map(({ id, title }) => {
      const button = element("button", { type: "button", className: "quiet", textContent: title });
      button.addEventListener("click", () => {
        this.#map.closePopup();
        this.open(id);
      });
      return button;
    });
    return element("div", { className: "choice" }, ...buttons);
  }

  #light(id) {
    this.#dots.eachLayer((dot) => {
      const lit = dot.sightings.some((one) => one.id === id);
      dot.getElement()?.classList.toggle("lit", lit);
      if (lit) dot.bringToFront();
    });
  }

  // Degrees of latitude and longitude, so that even without tiles a place can be found by its numbers.
  #drawGrid() {
    this.#grid.clearLayers();
    const bounds = this.#map.getBounds();
    const size = this.#map.getSize();
    const width = bounds.getEast() - bounds.getWest();
    const step = STEPS.find((one) => (one / width) * size.x >= LEAST_PIXELS) ?? STEPS.at(-1);
    const [south, north] = [Math.max(-85, bounds.getSouth()), Math.min(85, bounds.getNorth())];
    for (const longitude of ticks(bounds.getWest(), bounds.getEast(), step)) {
      this.#line([[south, longitude], [north, longitude]], [north, longitude], degrees(longitude, step, "E", "W"));
    }
    for (const latitude of ticks(south, north, step)) {
      const west = bounds.getWest();
      this.#line([[latitude, west], [latitude, bounds.getEast()]], [latitude, west], degrees(latitude, step, "N", "S"));
    }
  }

  #line(ends, at, label) {
    this.#grid.addLayer(L.polyline(ends, { className: "graticule", pane: "grid", interactive: false, noClip: true }));
    const icon = L.divIcon({ className: "degree", html: element("span", { textContent: label }), iconSize: null });
    this.#grid.addLayer(L.marker(at, { icon, pane: "grid", interactive: false, keyboard: false }));
  }
}

/** What says most in a group. */
function best(group) {
  const verdicts = group.map(({ machine, rejected }) => (rejected ? "rejected" : machine.verdict));
  return VERDICTS.find((one) => verdicts.includes(one));
}

function ticks(from, to, step) {
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, index) => (first + index) * step);
}

function degrees(value, step, positive, negative) {
  const digits = Math.max(0, Math.ceil(-Math.log10(step)));
  const wrapped = ((((value + 180) % 360) + 360) % 360) - 180;
  const number = Math.abs(positive === "E" ? wrapped : value).toFixed(digits);
  if (Number(number) === 0) return "0°";
  return `${number}° ${(positive === "E" ? wrapped : value) > 0 ? positive : negative}`;
}

// Leaflet takes an attribution for HTML.
function escaped(words) {
  return element("span", { textContent: words }).innerHTML;
}
