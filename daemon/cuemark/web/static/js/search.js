// Search: words in, segments out, each with its picture and why it was found.

import { get, thumbnail } from "./api.js";
import { h, replace, words } from "./dom.js";
import * as keys from "./keys.js";
import { span } from "./time.js";

const GROUNDS = { seen: "Seen", said: "Said", read: "Read" };

export async function show(main, parts, query) {
  const text = query.get("q") ?? "";
  document.getElementById("search-box").value = text;
  const chosen = query.getAll("by");
  const boxes = Object.entries(GROUNDS).map(([value, label]) =>
    h("label", {}, h("input", { type: "checkbox", value, checked: !chosen.length || chosen.includes(value), onchange: () => again() }), label));
  const status = h("span", { class: "dim", role: "status" }, "Searching …");
  const list = h("ul", { class: "hits", "aria-label": "Found" });
  replace(main, h("h1", { class: "hidden" }, `Search: ${text}`), h("div", { class: "tools" }, boxes, status), list);
  const again = () => {
    const by = boxes.map((box) => box.firstElementChild).filter((box) => box.checked).map((box) => `&by=${box.value}`);
    location.hash = `#/search?q=${encodeURIComponent(text)}${by.length < boxes.length ? by.join("") : ""}`;
  };
  bindMoves(list);
  const found = await get(`/api/search?q=${encodeURIComponent(text)}${chosen.map((by) => `&by=${by}`).join("")}`);
  status.textContent = found.hits.length ? `${found.hits.length} found in ${found.media} files` : `Nothing like it in ${found.media} files.`;
  replace(list, ...found.notices.map((notice) => h("li", { class: "warning" }, words(notice.message))), ...found.hits.map(hit));
}

function hit(each) {
  const name = each.path.split(/[\\/]/).pop();
  return h("li", {},
    h("a", { class: "hit", href: `#/media/${each.fingerprint}?t=${encodeURIComponent(each.start)}` },
      h("img", { src: thumbnail(each.fingerprint, each.best), alt: "", loading: "lazy" }),
      h("span", { class: "text" }, words(name, { class: "name" }), h("span", { class: "dim" }, `${span(each.start, each.end)} · ${Math.round(100 * each.score)} %${each.offline ? " · offline" : ""}`),
        ...each.why.map((why) => h("span", { class: "why" }, h("b", {}, GROUNDS[why.ground]), " ", words(why.words))),
        each.alike.length ? h("span", { class: "dim" }, `and ${each.alike.length} alike`) : null)));
}

function bindMoves(list) {
  const move = (by) => {
    const links = [...list.querySelectorAll("a")];
    const place = links.indexOf(document.activeElement);
    links[Math.min(links.length - 1, Math.max(0, place < 0 ? 0 : place + by))]?.focus();
  };
  keys.bind([
    { key: "ArrowDown", does: "Next", act: () => move(1) },
    { key: "ArrowUp", does: "The one before", act: () => move(-1) },
  ]);
}
