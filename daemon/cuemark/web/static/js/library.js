// The library: all footage as cards, filtered as one types; what is offline is marked.

import { get, thumbnail } from "./api.js";
import { h, replace, words } from "./dom.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import { clock, parse } from "./time.js";

const PAGE = 120; // cards that are built at once; more as one scrolls

export async function show(main) {
  const view = new Library(main);
  await view.load();
  const left = [live.on("look", () => view.load()), live.on("library", () => view.soon())];
  return () => {
    left.forEach((stop) => stop());
    view.end();
  };
}

class Library {
  constructor(main) {
    this.filter = h("input", { type: "search", placeholder: "Filter by name", "aria-label": "Filter by name", oninput: () => this.draw() });
    this.state = h("select", { "aria-label": "Which footage", onchange: () => this.draw() },
      ...[["all", "All"], ["analysed", "Analysed"], ["plain", "Not analysed"], ["offline", "Offline"]].map(([value, text]) => h("option", { value }, text)));
    this.status = h("span", { class: "dim", role: "status" });
    this.grid = h("ul", { class: "grid", "aria-label": "Footage" });
    this.more = h("div", { class: "more" });
    this.watcher = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && this.grow(), { rootMargin: "800px" });
    this.watcher.observe(this.more);
    replace(main, h("h1", { class: "hidden" }, "Library"), h("div", { class: "tools" }, this.filter, this.state, this.status), this.grid, this.more);
    keys.bind([
      { key: "F", does: "Filter by name", act: () => this.filter.focus() },
      { key: "ArrowRight ArrowDown", does: "Next footage", act: () => this.move(1) },
      { key: "ArrowLeft ArrowUp", does: "Footage before", act: () => this.move(-1) },
    ]);
  }

  async load() {
    const told = await get("/api/library");
    this.media = told.media;
    this.draw();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), 200);
  }

  end() {
    clearTimeout(this.timer);
    this.watcher.disconnect();
  }

  draw() {
    const text = this.filter.value.trim().toLowerCase();
    this.found = this.media.filter((each) => this.passes(each) && (!text || each.paths.some((path) => path.toLowerCase().includes(text))));
    this.status.textContent = this.found.length === this.media.length ? `${this.media.length} files` : `${this.found.length} of ${this.media.length} files`;
    if (!this.media.length) {
      return replace(this.grid, h("li", { class: "empty" }, h("h2", {}, "No footage yet"), h("p", {}, "Run ", h("code", {}, "cuemark index FOLDER"), " or ", h("code", {}, "cuemark analyze FILE"), "; it appears here by itself.")));
    }
    this.built = 0;
    this.grid.replaceChildren();
    this.grow();
  }

  passes(each) {
    const kinds = { all: true, analysed: each.analyses.length > 0, plain: !each.analyses.length, offline: each.offline };
    return kinds[this.state.value];
  }

  grow() {
    if (!this.found || this.built >= this.found.length) return;
    const next = this.found.slice(this.built, this.built + PAGE);
    this.built += next.length;
    this.grid.append(...next.map(card));
  }

  move(by) {
    const links = [...this.grid.querySelectorAll("a.card")];
    const place = links.indexOf(document.activeElement);
    links[Math.min(links.length - 1, Math.max(0, place < 0 ? 0 : place + by))]?.focus();
  }
}

function card(each) {
  const path = each.paths[0] ?? each.media.path;
  const name = path.split(/[\\/]/).pop();
  const length = clock(parse(each.media.duration));
  const newest = each.analyses[0];
  const state = each.offline ? "offline" : newest ? `${count(newest.moments, "moment")}, ${count(newest.chapters, "chapter")}` : "not analysed";
  return h("li", {},
    h("a", { class: each.offline ? "card offline" : "card", href: `#/media/${each.media.fingerprint}`, title: path, "aria-label": `${name}, ${length}, ${state}` },
      picture(each), h("span", { class: "badge" }, length), words(name, { class: "name" }), h("span", { class: "dim" }, state)));
}

function count(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

// The picture in the middle of the footage: at the ends there are slates and black.
function picture(each) {
  const none = h("span", { class: "nothumb", "aria-hidden": "true" }, each.media.has_picture ? "▦" : "♪");
  if (!each.media.has_picture) return none;
  const [numerator, denominator] = each.media.duration.split("/");
  const middle = `${numerator}/${2 * Number(denominator)}`;
  return h("img", { src: thumbnail(each.media.fingerprint, middle), alt: "", loading: "lazy", decoding: "async", onerror: (event) => event.target.replaceWith(none) });
}
