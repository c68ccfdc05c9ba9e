// What is said and what is written, beside the picture; the line at the playhead is marked and kept in sight.

import { h, replace, words } from "./dom.js";
import { clock, parse } from "./time.js";

export class Words {
  constructor(go) {
    this.go = go;
    this.list = h("ol", { class: "lines", tabindex: 0, "aria-label": "What is said and written" });
    this.element = h("section", { class: "words", "aria-label": "Transcript and screen text", hidden: true }, this.list);
    this.lines = [];
  }

  show(transcript, texts) {
    const said = (transcript?.utterances ?? []).map((each) => ({ start: parse(each.start), end: parse(each.end), text: each.text, kind: "said", who: each.speaker }));
    const read = (texts?.texts ?? []).map((each) => ({ start: parse(each.start), end: parse(each.end), text: each.text, kind: "read", who: "" }));
    this.lines = [...said, ...read].sort((a, b) => a.start - b.start);
    this.element.hidden = !this.lines.length;
    for (const line of this.lines) line.element = this.line(line);
    replace(this.list, ...this.lines.map((line) => line.element));
  }

  line(line) {
    return h("li", { class: line.kind },
      h("button", { type: "button", onclick: () => this.go(line.start), title: line.kind === "read" ? "Written in the picture" : "Said" },
        h("span", { class: "dim" }, clock(line.start)), " ", line.who ? h("b", {}, h("bdi", {}, `${line.who}: `)) : null, words(line.text)));
  }

  moveTo(seconds) {
    let shown = null;
    for (const line of this.lines) {
      const on = line.start <= seconds && seconds < line.end;
      if (on) shown ??= line;
      if (on !== line.on) {
        line.on = on;
        line.element.classList.toggle("on", on);
      }
    }
    if (shown && shown !== this.shown && !this.list.contains(document.activeElement)) {
      this.shown = shown;
      const top = shown.element.offsetTop - this.list.clientHeight / 3;
      this.list.scrollTo({ top, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    }
  }
}
