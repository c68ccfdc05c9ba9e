// The inspector: the chosen moment or chapter, its words, how sure they are, what else they might be, and why it is here.

import { button, h, replace, words } from "./dom.js";
import { picks } from "./sending.js";
import { length, parse, span } from "./time.js";

const SOURCES = { seen: "seen in the pictures", said: "from what is said", read: "from what is written" };

export class Inspector {
  constructor(view) {
    this.view = view;
    this.element = h("section", { class: "inspector", "aria-label": "Chosen moment or chapter" });
  }

  draw() {
    const item = this.view.chosen && this.view.item(this.view.chosen);
    // Whoever types goes on typing, whatever changes elsewhere.
    if (item && this.typed === item.id && this.element.contains(document.activeElement) && document.activeElement.tagName === "INPUT") return;
    this.typed = null;
    if (!item) return replace(this.element, this.empty());
    replace(this.element, ...(item.kind === "moment" ? this.moment(item) : this.chapter(item)));
  }

  empty() {
    const some = this.view.analysis?.moments.length || this.view.analysis?.chapters.length;
    return h("p", { class: "dim" }, some ? "Choose a moment or a chapter below (↓)." : this.view.analysis ? "Nothing was found. N adds a moment." : "Not analysed yet. A begins.");
  }

  moment(item) {
    const moment = item.of;
    return [
      this.field(item, "Caption", moment.caption, item.text),
      this.facts(item, [`${Math.round(100 * moment.score)} % sure`, SOURCES[moment.source] ?? moment.source]),
      moment.tags.length ? h("ul", { class: "tags", "aria-label": "Tags" }, moment.tags.map((tag) => h("li", { title: `${Math.round(100 * tag.score)} %` }, words(tag.word)))) : null,
      this.others(item, moment),
      moment.said ? h("blockquote", {}, words(moment.said)) : null,
      this.why(item),
      this.acts(item),
    ];
  }

  chapter(item) {
    const sure = item.of.confidence === null || item.of.confidence === undefined ? [] : [`${Math.round(100 * item.of.confidence)} % sure`];
    return [this.field(item, "Title", item.of.title, item.text), this.facts(item, sure), this.why(item), this.acts(item)];
  }

  field(item, label, text, shown) {
    const id = `words-of-${item.id}`;
    this.input = h("input", {
      id, type: "text", value: text, placeholder: shown, dir: "auto", maxlength: 2000,
      onfocus: () => { this.typed = item.id; },
      onblur: () => { this.typed = null; this.keep(item, text); },
      onkeydown: (event) => this.key(event, text),
    });
    return h("div", { class: "field" }, h("label", { for: id }, label), this.input);
  }

  key(event, text) {
    if (event.key === "Enter") this.input.blur();
    if (event.key === "Escape") {
      this.input.value = text;
      this.input.blur();
      this.draw();
    }
  }

  keep(item, before) {
    const now = this.input.value.trim();
    if (now !== before) this.view.edit({ kind: item.kind, id: item.id, text: now });
  }

  type() {
    this.input?.focus();
    this.input?.select();
  }

  facts(item, more) {
    const seconds = parse(item.end) - parse(item.start);
    return h("p", { class: "dim" }, [span(item.start, item.end), length(seconds), ...more, item.edited ? "edited" : ""].filter(Boolean).join(" · "));
  }

  others(item, moment) {
    const all = moment.runners_up.filter((each) => each.caption !== moment.caption);
    if (!all.length) return null;
    return h("details", { open: !moment.caption }, h("summary", {}, `Other captions (${all.length})`),
      h("ul", { class: "runners" }, all.map((each) => h("li", {},
        h("button", { type: "button", title: "Use this caption", onclick: () => this.view.edit({ kind: "moment", id: item.id, text: each.caption }) }, words(each.caption)),
        h("span", { class: "dim" }, ` ${each.score.toFixed(2)}`)))));
  }

  why(item) {
    const terms = this.view.borders?.[item.id];
    if (!terms) return null;
    const list = (side, found) => found?.length ? [h("dt", {}, side), ...found.map((term) => h("dd", {}, h("span", { class: "weight" }, `${term.log_odds >= 0 ? "+" : ""}${term.log_odds.toFixed(1)}`), " ", words(term.words)))] : [];
    const rows = [...list("It begins here", terms.start), ...list("It ends here", terms.end)];
    return rows.length ? h("details", {}, h("summary", {}, "Why here"), h("dl", { class: "why" }, rows)) : null;
  }

  acts(item) {
    const view = this.view;
    return h("div", { class: "row wrap" },
      button("Play", () => view.playChosen(), { key: "Enter" }),
      button("In", () => view.borderHere("start"), { key: "I", title: "It begins at the playhead" }),
      button("Out", () => view.borderHere("end"), { key: "O", title: "It ends at the playhead" }),
      button("Split", () => view.split(), { key: "X", title: "Split it at the playhead" }),
      button("Merge", () => view.merge(), { key: "M", title: `Merge it with the next ${item.kind}` }),
      item.kind === "moment" ? button(picks.has(view.analysis.id, item.id) ? "Picked" : "Pick", () => view.pick(), { key: "P", title: "For the string-out", "aria-pressed": String(picks.has(view.analysis.id, item.id)) }) : "",
      button("Take out", () => view.delete(), { key: "Delete" }));
  }
}
