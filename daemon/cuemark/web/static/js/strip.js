// The strip: moments, chapters, masks and picture change over the time axis.  Curves are painted; every moment and chapter
// is a real button (arrows go from one to the next, Enter plays), so that a keyboard and a screen reader have them all.

import { h } from "./dom.js";
import { clock, parse, span } from "./time.js";

const SNAP_PX = 8;
const MOST_ZOOM = 200;

export class Strip extends EventTarget {
  constructor(duration) {
    super();
    this.duration = Math.max(duration, 1e-3);
    this.zoom = 1;
    this.left = 0;
    this.snaps = [];
    this.curves = [];
    this.items = new Map();
    this.canvas = h("canvas", { class: "curves", "aria-hidden": "true" });
    this.rows = { chapter: row("Chapters"), moment: row("Moments") };
    this.playhead = h("div", { class: "playhead", "aria-hidden": "true" });
    this.ruler = h("canvas", { class: "ruler", "aria-hidden": "true" });
    this.lane = h("div", { class: "lane" }, this.ruler, this.rows.chapter, this.rows.moment, this.canvas, this.playhead);
    this.element = h("section", { class: "strip", "aria-label": "Timeline" }, this.lane);
    this.lane.addEventListener("pointerdown", (event) => this.press(event));
    this.lane.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.resized = new ResizeObserver(() => this.paint());
    this.resized.observe(this.lane);
  }

  end() {
    this.resized.disconnect();
  }

  // What is shown: { kind, id, start, end, text, score, edited }, in order of time.  Buttons that stay are kept.
  show(items) {
    const seen = new Set();
    for (const kind of ["chapter", "moment"]) {
      const buttons = items.filter((item) => item.kind === kind).map((item, place) => {
        seen.add(item.id);
        return this.button(item, place);
      });
      this.rows[kind].replaceChildren(...buttons);
    }
    for (const id of [...this.items.keys()]) if (!seen.has(id)) this.items.delete(id);
    this.place();
  }

  button(item, place) {
    let known = this.items.get(item.id);
    if (!known) {
      const grips = ["start", "end"].map((side) => h("span", { class: `grip ${side}`, dataset: { side } }));
      known = { element: h("button", { type: "button", tabindex: -1, "aria-pressed": "false", dataset: { id: item.id }, onclick: () => this.choose(item.id) }, h("bdi", {}), ...grips) };
      known.element.addEventListener("dblclick", () => this.emit("play", { id: item.id }));
      this.items.set(item.id, known);
    }
    known.item = item;
    known.start = parse(item.start);
    known.end = parse(item.end);
    known.element.className = `${item.kind}${item.edited ? " edited" : ""}${item.id === this.selected ? " selected" : ""}`;
    known.element.firstElementChild.textContent = item.text;
    known.element.title = `${item.text}\n${span(item.start, item.end)}`;
    known.element.setAttribute("aria-label", `${item.kind} ${place + 1}, ${clock(known.start)} to ${clock(known.end)}, ${item.text}`);
    return known.element;
  }

  choose(id, focus = false) {
    this.mark(id);
    if (focus) this.items.get(id)?.element.focus({ preventScroll: true });
    this.emit("chosen", { id });
  }

  mark(id) {
    for (const each of [this.selected, this.entry, id]) this.set(each, false);
    this.selected = id;
    this.entry = this.items.has(id) ? id : this.first()?.dataset.id;
    if (this.items.has(id)) this.set(id, true);
    else if (this.entry) this.items.get(this.entry).element.tabIndex = 0;
  }

  set(id, on) {
    const element = this.items.get(id)?.element;
    if (!element) return;
    element.classList.toggle("selected", on);
    element.setAttribute("aria-pressed", String(on));
    element.tabIndex = on ? 0 : -1;
  }

  first() {
    return this.rows.moment.firstElementChild ?? this.rows.chapter.firstElementChild;
  }

  neighbour(by) {
    const row = this.selected && this.items.get(this.selected)?.item.kind === "chapter" ? this.rows.chapter : this.rows.moment;
    const all = [...row.children];
    const place = all.findIndex((each) => each.dataset.id === this.selected);
    return all[place < 0 ? 0 : Math.min(all.length - 1, Math.max(0, place + by))]?.dataset.id;
  }

  x(seconds) {
    return ((seconds - this.left) / this.duration) * this.zoom;
  }

  seconds(event) {
    const box = this.lane.getBoundingClientRect();
    return Math.min(this.duration, Math.max(0, this.left + ((event.clientX - box.left) / box.width) * (this.duration / this.zoom)));
  }

  place() {
    for (const { element, start, end } of this.items.values()) {
      element.style.setProperty("left", `${100 * this.x(start)}%`);
      element.style.setProperty("width", `${100 * (this.x(end) - this.x(start))}%`);
    }
    this.paint();
  }

  moveTo(seconds) {
    this.now = seconds;
    const visible = this.duration / this.zoom;
    if (this.zoom > 1 && (seconds < this.left || seconds > this.left + visible)) {
      this.left = Math.min(this.duration - visible, Math.max(0, seconds - visible / 4));
      this.place();
    }
    this.playhead.style.setProperty("left", `${100 * this.x(seconds)}%`);
  }

  zoomBy(factor, around = this.now ?? 0) {
    const before = this.duration / this.zoom;
    this.zoom = Math.min(MOST_ZOOM, Math.max(1, this.zoom * factor));
    const visible = this.duration / this.zoom;
    this.left = Math.min(this.duration - visible, Math.max(0, around - ((around - this.left) * visible) / before));
    this.place();
    this.moveTo(this.now ?? 0);
  }

  wheel(event) {
    if (event.ctrlKey) {
      event.preventDefault();
      this.zoomBy(event.deltaY < 0 ? 1.25 : 0.8, this.seconds(event));
    } else if (this.zoom > 1) {
      event.preventDefault();
      const visible = this.duration / this.zoom;
      this.left = Math.min(this.duration - visible, Math.max(0, this.left + ((event.deltaX || event.deltaY) / 800) * visible));
      this.place();
    }
  }

  // A press on a grip drags that border; anywhere else it moves the playhead.
  press(event) {
    if (event.button !== 0) return;
    const grip = event.target.closest?.(".grip");
    const known = grip && this.items.get(grip.parentElement.dataset.id);
    if (event.target.closest?.("button") && !known) return;
    event.preventDefault();
    this.lane.setPointerCapture(event.pointerId);
    const move = (moved) => (known ? this.drag(known, grip.dataset.side, moved) : this.emit("sought", { seconds: this.seconds(moved) }));
    const up = () => {
      this.lane.removeEventListener("pointermove", move);
      if (known?.dragged !== undefined) this.drop(known, grip.dataset.side);
    };
    this.lane.addEventListener("pointermove", move);
    this.lane.addEventListener("pointerup", up, { once: true });
    this.lane.addEventListener("pointercancel", up, { once: true });
    if (!known) move(event);
  }

  drag(known, side, event) {
    const seconds = event.altKey ? this.seconds(event) : this.snapped(this.seconds(event));
    known.dragged = seconds;
    known[side] = side === "start" ? Math.min(seconds, known.end) : Math.max(seconds, known.start);
    this.emit("sought", { seconds });
    this.place();
  }

  drop(known, side) {
    const seconds = known.dragged;
    delete known.dragged;
    this.emit("border", { id: known.item.id, side, seconds });
  }

  snapped(seconds) {
    const reach = (SNAP_PX / this.lane.clientWidth) * (this.duration / this.zoom);
    let best = seconds;
    let distance = reach;
    for (const each of this.snaps) {
      if (Math.abs(each - seconds) < distance) {
        best = each;
        distance = Math.abs(each - seconds);
      }
    }
    return best;
  }

  paint() {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      if (!this.lane.clientWidth || !this.canvas.clientHeight) return; // not on the page yet, or not any more
      this.paintRuler();
      this.paintCurves();
      performance.mark("strip-painted");
    });
  }

  paintRuler() {
    const { context, width, height } = surface(this.ruler);
    const style = getComputedStyle(this.element);
    const step = niceStep((this.duration / this.zoom / width) * 90);
    context.fillStyle = style.getPropertyValue("--dim");
    context.font = `13px ${style.fontFamily}`;
    for (let at = Math.ceil(this.left / step) * step; at <= this.left + this.duration / this.zoom; at += step) {
      const x = this.x(at) * width;
      context.fillRect(x, height - 5, 1, 5);
      context.fillText(clock(at, step < 1 ? 1 : 0), x + 3, height - 6);
    }
  }

  // The curves that stay are painted once for a view; what is chosen is painted over them.
  paintCurves() {
    const { context, width, height } = surface(this.canvas);
    const view = [this.zoom, this.left, width, height, document.documentElement.dataset.theme].join();
    if (this.painted !== view || this.paintedCurves !== this.curves) {
      this.backdrop ??= document.createElement("canvas");
      this.backdrop.width = this.canvas.width;
      this.backdrop.height = this.canvas.height;
      const behind = this.backdrop.getContext("2d");
      behind.scale(this.canvas.width / width, this.canvas.height / height);
      for (const curve of this.curves) this.curve(behind, curve, width, height);
      this.painted = view;
      this.paintedCurves = this.curves;
    }
    context.drawImage(this.backdrop, 0, 0, width, height);
    if (this.over) this.curve(context, this.over, width, height);
  }

  curve(context, { values, from = 0, to = this.duration, colour, fill, top = 1 }, width, height) {
    if (!values?.length) return;
    const shade = getComputedStyle(this.element).getPropertyValue(colour);
    const many = Math.max(1, values.length - 1);
    context.beginPath();
    values.forEach((value, place) => {
      const x = this.x(from + ((to - from) * place) / many) * width;
      if (x < -50 || x > width + 50) return;
      context.lineTo(x, height - 1 - Math.min(1, value / top) * (height - 2));
    });
    context.strokeStyle = shade;
    context.lineWidth = 1.5;
    context.stroke();
    if (!fill) return;
    context.lineTo(this.x(to) * width, height);
    context.lineTo(this.x(from) * width, height);
    context.globalAlpha = 0.2;
    context.fillStyle = shade;
    context.fill();
    context.globalAlpha = 1;
  }

  emit(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}

function row(label) {
  return h("div", { class: `items ${label.toLowerCase()}`, role: "group", "aria-label": label });
}

function surface(canvas) {
  const ratio = devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  return { context, width: Math.max(1, width), height: Math.max(1, height) };
}

function niceStep(seconds) {
  return [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200].find((step) => step >= seconds) ?? 14400;
}
