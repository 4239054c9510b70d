// Boxes over a picture that can be chosen, moved, resized and drawn, by mouse, finger and keyboard. Coordinates are
// pixels of the upright picture.

const NS = "http://www.w3.org/2000/svg";
const LEAST = 4;
const HANDLE = 6;
const REACH = 16;
const CORNERS = { nw: [0, 1], ne: [2, 1], se: [2, 3], sw: [0, 3] };

function svg(tag, attributes, ...children) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export class Boxes {
  /** `told` hears of what a person does: choose(item), change(item), draw(box). */
  constructor(overlay, told) {
    this.overlay = overlay;
    this.told = told;
    this.items = [];
    this.chosen = null;
    this.adding = false;
    this.size = [1, 1];
    overlay.addEventListener("pointerdown", (event) => this.press(event));
    new ResizeObserver(() => this.fit()).observe(overlay);
  }

  show(items, width, height) {
    this.items = items;
    this.size = [width, height];
    if (!items.includes(this.chosen)) this.chosen = null;
    this.overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.draw();
  }

  choose(item) {
    this.chosen = item;
    this.draw();
  }

  /** Pixels of the picture in one of the screen. */
  get scale() {
    return this.size[0] / (this.overlay.clientWidth || this.size[0]);
  }

  draw() {
    const focused = this.overlay.contains(document.activeElement);
    const ordered = this.items.filter((item) => item !== this.chosen);
    if (this.chosen !== null) ordered.push(this.chosen);
    this.overlay.replaceChildren(...ordered.map((item) => this.group(item)));
    this.fit();
    if (focused && this.chosen !== null) this.focus();
  }

  focus() {
    this.overlay.querySelector(".chosen")?.focus({ preventScroll: true });
  }

  group(item) {
    const chosen = item === this.chosen;
    const group = svg("g", {
      class: `item ${item.blur ? "blur" : item.word}${chosen ? " chosen" : ""}`, role: "button",
      tabindex: chosen || (this.chosen === null && item === this.items[0]) ? "0" : "-1",
      "aria-label": item.label, "aria-pressed": String(chosen),
    }, ...["under", "line"].map((kind) => svg("rect", { class: kind })));
    if (item.number !== null) group.append(plate(item.number));
    if (chosen) {
      for (const corner of Object.keys(CORNERS)) {
        for (const kind of ["reach ", ""]) group.append(svg("rect", { class: `handle ${kind}${corner}`, "data-corner": corner }));
      }
    }
    group.item = item;
    group.addEventListener("focus", () => { if (this.chosen !== item) this.told.choose(item); });
    this.place(group);
    return group;
  }

  place(group) {
    const { box } = group.item;
    for (const rect of group.querySelectorAll(".under, .line")) {
      for (const [name, value] of Object.entries({ x: box[0], y: box[1], width: box[2] - box[0], height: box[3] - box[1] })) {
        rect.setAttribute(name, value);
      }
    }
  }

  /** Plates and handles stay as large on the screen as other text, whatever the zoom. */
  fit() {
    const { scale } = this;
    for (const group of this.overlay.children) {
      const { box } = group.item;
      this.place(group);
      group.querySelector(".number-plate")?.setAttribute(
        "transform", `translate(${box[0]} ${Math.max(0, box[1] - 22 * scale)}) scale(${scale})`);
      for (const handle of group.querySelectorAll(".handle")) {
        const [x, y] = CORNERS[handle.dataset.corner].map((side) => box[side]);
        const half = (handle.classList.contains("reach") ? REACH : HANDLE) * scale;
        for (const [name, value] of Object.entries({ x: x - half, y: y - half, width: 2 * half, height: 2 * half })) {
          handle.setAttribute(name, value);
        }
      }
    }
  }

  point(event) {
    const area = this.overlay.getBoundingClientRect();
    const [width, height] = this.size;
    return [
      Math.min(width, Math.max(0, (event.clientX - area.left) * width / area.width)),
      Math.min(height, Math.max(0, (event.clientY - area.top) * height / area.height)),
    ];
  }

  press(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    const item = event.target.closest(".item")?.item ?? null;
    if (this.adding) this.drag(event, this.startDrawing(this.point(event)));
    else if (item === null) return;
    else if (item === this.chosen) this.drag(event, this.startChanging(item, event));
    else this.told.choose(item);
    event.preventDefault();
  }

  startDrawing(start) {
    const rectangle = svg("rect", { class: "line" });
    const group = svg("g", { class: "item drawn" }, rectangle);
    group.item = { box: [...start, ...start] };
    this.overlay.append(group);
    return {
      move: (point) => {
        group.item.box = spanned(start, point);
        this.place(group);
      },
      end: () => {
        group.remove();
        const { box } = group.item;
        if (box[2] - box[0] >= LEAST && box[3] - box[1] >= LEAST) this.told.draw(box);
      },
    };
  }

  startChanging(item, event) {
    const before = [...item.box];
    const start = this.point(event);
    const corner = event.target.dataset?.corner;
    let moved = false;
    return {
      move: (point) => {
        const [dx, dy] = [point[0] - start[0], point[1] - start[1]];
        moved ||= Math.hypot(dx, dy) > 2 * this.scale;
        if (!moved) return;
        item.box = corner === undefined ? this.shifted(before, dx, dy) : pulled(before, CORNERS[corner], point);
        this.fit();
      },
      end: () => { if (moved) this.told.change(item); },
    };
  }

  drag(event, action) {
    const { pointerId } = event;
    this.overlay.setPointerCapture(pointerId);
    const move = (next) => { if (next.pointerId === pointerId) action.move(this.point(next)); };
    const end = (next) => {
      if (next.pointerId !== pointerId) return;
      for (const [kind, listener] of listeners) this.overlay.removeEventListener(kind, listener);
      action.end();
    };
    const listeners = [["pointermove", move], ["pointerup", end], ["pointercancel", end]];
    for (const [kind, listener] of listeners) this.overlay.addEventListener(kind, listener);
  }

  /** Moves the chosen box, or its lower right corner, by screen pixels. */
  nudge(dx, dy, resize) {
    const item = this.chosen;
    if (item === null) return;
    const step = Math.max(1, this.scale);
    const [x0, y0, x1, y1] = item.box;
    item.box = resize
      ? pulled(item.box, CORNERS.se, [Math.min(this.size[0], x1 + dx * step), Math.min(this.size[1], y1 + dy * step)])
      : this.shifted([x0, y0, x1, y1], dx * step, dy * step);
    this.fit();
    this.told.change(item);
  }

  shifted([x0, y0, x1, y1], dx, dy) {
    const right = Math.min(Math.max(dx, -x0), this.size[0] - x1);
    const down = Math.min(Math.max(dy, -y0), this.size[1] - y1);
    return [x0 + right, y0 + down, x1 + right, y1 + down];
  }
}

function spanned([ax, ay], [bx, by]) {
  return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
}

function pulled(box, [across, down], [x, y]) {
  const next = [...box];
  next[across] = across === 0 ? Math.min(x, box[2] - LEAST) : Math.max(x, box[0] + LEAST);
  next[down] = down === 1 ? Math.min(y, box[3] - LEAST) : Math.max(y, box[1] + LEAST);
  return next;
}

function plate(number) {
  const width = 12 + 8 * String(number).length;
  return svg("g", { class: "number-plate" },
    svg("rect", { class: "plate", width, height: 20, rx: 3 }),
    svg("text", { class: "tag", x: width / 2, y: 10.5 }, String(number)));
}
