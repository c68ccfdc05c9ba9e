// One media: the picture, the strip, what is said and written, and whatever a person corrects.

import { get, lasting, remove, url } from "./api.js";
import { button, h, replace, words } from "./dom.js";
import { Inspector } from "./inspector.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import { ask, note, trying } from "./notes.js";
import { Player } from "./player.js";
import { analyseDialog, compareRow, exportDialog, picks, sendDialog, stringOutDialog } from "./sending.js";
import { Strip } from "./strip.js";
import { FrameClock, clock, parse } from "./time.js";
import { Words } from "./words.js";

// An analysis by its id is its media with that analysis chosen.
export async function showAnalysis(main, [id]) {
  const analysis = await get(url("/api/analyses", id));
  return show(main, [analysis.media.fingerprint], new URLSearchParams({ analysis: analysis.id }));
}

export async function show(main, parts, query) {
  const [fingerprint] = parts;
  const library = await get(url("/api/media", fingerprint));
  const view = new MediaView(main, library, query);
  window.cuemark = { view }; // for who looks at the page with a script
  await view.load(query.get("analysis"));
  return () => view.end();
}

class MediaView {
  constructor(main, library, query) {
    this.library = library;
    this.media = library.media;
    this.frames = new FrameClock(this.media);
    this.player = new Player(this.media, this.frames, parse(this.media.picture_start));
    this.strip = new Strip(this.frames.duration);
    this.words = new Words((seconds) => this.player.go(seconds));
    this.inspector = new Inspector(this);
    this.picker = h("select", { "aria-label": "Analysis", onchange: () => this.open(this.picker.value) });
    this.tools = h("div", { class: "tools" });
    this.warnings = h("div", { class: "warnings" });
    this.compared = h("div", { class: "compared" });
    const path = library.paths[0] ?? this.media.path;
    replace(main,
      h("div", { class: "titleline" }, h("h1", {}, words(path.split(/[\\/]/).pop())), h("span", { class: "dim" }, facts(library)), library.offline ? h("span", { class: "badge offline" }, "offline") : null, this.picker),
      this.warnings,
      h("div", { class: "stage" }, this.player.element, h("div", { class: "side" }, this.inspector.element, this.words.element), this.tools, this.strip.element),
      this.compared);
    this.player.addEventListener("moved", () => this.moved());
    this.strip.addEventListener("sought", (event) => this.player.go(event.detail.seconds));
    this.strip.addEventListener("chosen", (event) => this.choose(event.detail.id));
    this.strip.addEventListener("play", () => this.playChosen());
    this.strip.addEventListener("border", (event) => this.setBorder(event.detail.id, event.detail.side, this.frames.frameAt(event.detail.seconds)));
    this.left = [live.on("library", (change) => this.changed(change)), live.on("look", () => this.analysis && this.reload())];
    this.at = query.get("t");
    this.turn = 0;
    this.changing = Promise.resolve();
    this.bindKeys();
    this.drawTools();
  }

  async load(wanted) {
    if (this.at) this.player.go(parse(this.at));
    const [evidence, analyses] = await Promise.all([get(url("/api/media", this.media.fingerprint, "evidence")), this.list()]);
    this.evidence = evidence;
    this.words.show(evidence.transcript, evidence.screen_text);
    await this.open(wanted && analyses.some((each) => each.id.startsWith(wanted)) ? wanted : analyses[0]?.id);
  }

  async list() {
    const { analyses } = await get(url("/api/media", this.media.fingerprint, "analyses"));
    this.picker.hidden = analyses.length < 2;
    this.picker.replaceChildren(...analyses.map((each) => h("option", { value: each.id }, `${each.id}: ${each.moments} moments, ${Object.values(each.models).join(" + ") || each.preset}`)));
    return (this.analyses = analyses);
  }

  async open(id) {
    if (!id) {
      this.analysis = null;
      this.draw();
      return;
    }
    const analysis = await get(url("/api/analyses", id));
    this.masks = new Map(analysis.moments.map((moment) => [moment.id, moment]));
    this.picker.value = analysis.id;
    this.take(analysis);
    this.borders = await trying(() => get(url("/api/analyses", analysis.id, "borders")));
    this.inspector.draw();
  }

  // What the server says the analysis is now; masks and runners-up are those of the first look.
  take(analysis) {
    for (const moment of analysis.moments) {
      const known = this.masks.get(moment.id);
      moment.mask ??= known?.mask ?? null;
      if (!moment.runners_up.length) moment.runners_up = known?.runners_up ?? [];
    }
    this.analysis = analysis;
    this.turn += 1;
    this.draw();
  }

  // An answer that was on its way while an edit of ours was kept is older than what is shown: ask again.
  async reload() {
    const turn = this.turn;
    const fresh = await trying(() => get(url("/api/analyses", this.analysis.id)));
    if (!fresh) return;
    if (turn === this.turn) this.take(fresh);
    else this.reload();
  }

  changed(change) {
    if (change.media !== this.media.fingerprint) return;
    if (this.analysis && change.id === this.analysis.id) this.reload();
    else if (change.what === "analysis") this.list().then((found) => !this.analysis && this.open(found[0]?.id));
  }

  draw() {
    const found = this.analysis;
    replace(this.warnings, ...(found?.warnings ?? []).map((warning) => h("p", { class: "warning" }, h("bdi", {}, warning.message))));
    this.strip.show(found ? [...found.chapters.map(chapterItem), ...found.moments.map((moment, place) => momentItem(moment, found.names[place]))] : []);
    this.strip.snaps = this.snaps();
    this.strip.curves = this.curves();
    this.strip.paint();
    if (this.chosen && !this.item(this.chosen)) this.chosen = null;
    this.strip.mark(this.chosen);
    this.strip.over = this.chosenMask();
    this.inspector.draw();
    this.drawTools();
  }

  curves() {
    const masks = (this.analysis?.moments ?? []).filter((moment) => moment.mask?.values?.length)
      .map((moment) => ({ values: moment.mask.values, colour: "--moment", fill: true }));
    const change = this.evidence?.change;
    return [...masks, ...(change ? [{ values: change.values, colour: "--change", top: Math.max(0.3, ...change.values) }] : [])];
  }

  chosenMask() {
    const mask = this.item(this.chosen)?.of.mask;
    return mask?.values?.length ? { values: mask.values, colour: "--accent", fill: true } : null;
  }

  // Where a dragged border holds: cuts, and the ends of sentences.
  snaps() {
    const cuts = (this.library.shots ?? []).map((shot) => parse(shot.start));
    const said = (this.evidence?.transcript?.utterances ?? []).flatMap((each) => [parse(each.start), parse(each.end)]);
    return [...cuts, ...said, this.player.seconds];
  }

  item(id) {
    const found = this.analysis;
    const place = found?.moments.findIndex((moment) => moment.id === id) ?? -1;
    if (place >= 0) return { ...momentItem(found.moments[place], found.names[place]), of: found.moments[place] };
    const chapter = found?.chapters.find((each) => each.id === id);
    return chapter ? { ...chapterItem(chapter), of: chapter } : null;
  }

  choose(id, { seek = true, focus = false } = {}) {
    const item = this.item(id);
    if (!item) return;
    this.chosen = id;
    this.strip.mark(id);
    if (focus) this.strip.items.get(id)?.element.focus({ preventScroll: true });
    this.strip.over = this.chosenMask();
    this.strip.paint();
    if (seek) this.player.go(parse(item.start));
    this.inspector.draw();
  }

  moved() {
    const seconds = this.player.seconds;
    this.strip.moveTo(seconds);
    this.words.moveTo(seconds);
    if (this.until && seconds >= this.until) {
      this.until = 0;
      this.player.stop();
    }
  }

  playChosen() {
    const item = this.item(this.chosen);
    if (!item) return this.player.toggle();
    this.player.go(parse(item.start));
    this.until = parse(item.end);
    this.player.play(1);
  }

  // Every edit goes through here: one after another, kept by the daemon at once, shown as the daemon says it is.
  edit(edit, said) {
    return this.change("edit", { edit }, () => said && note(said, { undo: () => this.step("undo") }));
  }

  step(which) {
    return this.analysis && this.change(which);
  }

  change(what, body, done) {
    this.changing = this.changing.then(async () => {
      this.turn += 1;
      const told = await trying(() => lasting(url("/api/analyses", this.analysis.id, what), body));
      if (!told) return this.draw();
      this.take(told);
      done?.();
    });
    return this.changing;
  }

  setBorder(id, side, frame) {
    const item = this.item(id);
    const time = this.frames.exact(frame);
    if (item.kind === "moment") return this.edit({ kind: "moment", id, [side]: time });
    if (side === "start") return this.edit({ kind: "chapter", id, start: time });
    const next = this.analysis.chapters[this.analysis.chapters.findIndex((each) => each.id === id) + 1];
    return next ? this.edit({ kind: "chapter", id: next.id, start: time }) : this.draw();
  }

  borderHere(side) {
    if (this.chosen) this.setBorder(this.chosen, side, this.player.frame);
  }

  split() {
    const item = this.item(this.chosen);
    if (item) this.edit({ kind: "split", id: item.id, at: this.player.exact });
  }

  merge() {
    if (this.chosen) this.edit({ kind: "merge", id: this.chosen });
  }

  delete() {
    const item = this.item(this.chosen);
    if (item) this.edit({ kind: "delete", id: item.id }, `“${item.text}” was taken out.`);
  }

  async add(kind) {
    const start = this.player.frame;
    const end = Math.min(this.frames.lastFrame, start + Math.round(4 * this.frames.rate));
    const known = new Set([...this.analysis.moments, ...this.analysis.chapters].map((each) => each.id));
    const text = kind === "moment" ? "New moment" : "New chapter";
    await this.edit({ kind: "add", id: kind, start: this.frames.exact(start), ...(kind === "moment" ? { end: this.frames.exact(end) } : {}), text });
    const made = [...this.analysis.moments, ...this.analysis.chapters].find((each) => !known.has(each.id));
    if (made) {
      this.choose(made.id, { seek: false });
      this.inspector.type();
    }
  }

  pick() {
    const item = this.item(this.chosen);
    if (item?.kind !== "moment") return;
    picks.toggle(this.analysis.id, item.id);
    this.inspector.draw();
    this.drawTools();
  }

  async discard() {
    if (!(await ask("Delete this analysis?", "Its moments, chapters and your edits of them go. The footage is not touched. This cannot be undone.", "Delete"))) return;
    await trying(() => remove(url("/api/analyses", this.analysis.id)));
    const rest = await this.list();
    await this.open(rest[0]?.id);
  }

  drawTools() {
    const found = this.analysis;
    const steps = found?.steps ?? { back: 0, forward: 0 };
    replace(this.tools,
      found && button("Undo", () => this.step("undo"), { key: "Ctrl+Z", disabled: !steps.back }),
      found && button("Redo", () => this.step("redo"), { key: "Ctrl+Shift+Z", disabled: !steps.forward }),
      found && button("New moment", () => this.add("moment"), { key: "N" }),
      found && button("New chapter", () => this.add("chapter"), { key: "C" }),
      h("span", { class: "gap" }),
      button("Analyse", () => analyseDialog(this), { key: "A", title: "Analyse again, with other options" }),
      found && this.analyses.length > 1 && button("Compare", () => compareRow(this), { title: "Another analysis below this one" }),
      button(`String-out (${picks.all().length})`, () => stringOutDialog(() => this.draw()), { key: "G", title: "The picked moments as a timeline" }),
      found && button("Export", () => exportDialog(found), { key: "E" }),
      found && button("Send to editor", () => sendDialog(found), { key: "S" }),
      found && button("Delete analysis", () => this.discard(), { class: "danger" }));
  }

  bindKeys() {
    const go = (by) => {
      const id = this.strip.neighbour(by);
      if (id) this.choose(id, { focus: true });
    };
    const jump = (frames) => this.player.step(frames);
    keys.bind([
      { key: "Space", does: "Play or stop", act: () => this.player.toggle() },
      { key: "J", does: "Backwards, again faster", act: () => this.player.shuttle(-1) },
      { key: "K", does: "Stop", act: () => this.player.stop() },
      { key: "L", does: "Play, again faster", act: () => this.player.shuttle(1) },
      { key: "ArrowLeft", does: "One frame back", act: () => jump(-1) },
      { key: "ArrowRight", does: "One frame on", act: () => jump(1) },
      { key: "Shift+ArrowLeft", does: "One second back", act: () => jump(-Math.round(this.frames.rate)) },
      { key: "Shift+ArrowRight", does: "One second on", act: () => jump(Math.round(this.frames.rate)) },
      { key: "Home", does: "To the beginning", act: () => this.player.goFrame(0) },
      { key: "End", does: "To the end", act: () => this.player.goFrame(this.frames.lastFrame) },
      { key: "ArrowUp", does: "Moment or chapter before", act: () => go(-1) },
      { key: "ArrowDown", does: "Next moment or chapter", act: () => go(1) },
      { key: "Tab", does: "From one part of the page to the next", act: () => {} },
      { key: "Enter", does: "Play the chosen one", act: () => this.playChosen() },
      { key: "I", does: "It begins at the playhead", act: () => this.borderHere("start") },
      { key: "O", does: "It ends at the playhead", act: () => this.borderHere("end") },
      { key: "T F2", does: "Write its words", act: () => this.inspector.type() },
      { key: "X", does: "Split it at the playhead", act: () => this.split() },
      { key: "M", does: "Merge it with the next", act: () => this.merge() },
      { key: "Delete Backspace", does: "Take it out", act: () => this.delete() },
      { key: "N", does: "New moment at the playhead", act: () => this.analysis && this.add("moment") },
      { key: "C", does: "New chapter at the playhead", act: () => this.analysis && this.add("chapter") },
      { key: "Ctrl+Z", does: "Undo", act: () => this.step("undo") },
      { key: "Ctrl+Shift+Z Ctrl+Y", does: "Redo", act: () => this.step("redo") },
      { key: "+ =", does: "Zoom in", act: () => this.strip.zoomBy(1.5) },
      { key: "-", does: "Zoom out", act: () => this.strip.zoomBy(1 / 1.5) },
      { key: "P", does: "Pick it for the string-out, or leave it out", act: () => this.pick() },
      { key: "G", does: "The string-out of what is picked", act: () => stringOutDialog(() => this.draw()) },
      { key: "A", does: "Analyse again", act: () => analyseDialog(this) },
      { key: "E", does: "Export", act: () => this.analysis && exportDialog(this.analysis) },
      { key: "S", does: "Send to the editor", act: () => this.analysis && sendDialog(this.analysis) },
    ].filter((binding) => binding.key !== "Tab"));
  }

  end() {
    this.left.forEach((stop) => stop());
    this.player.end();
    this.strip.end();
  }
}

function momentItem(moment, name) {
  return { kind: "moment", id: moment.id, start: moment.start, end: moment.end, text: name ?? moment.caption, score: moment.score, edited: moment.edited };
}

function chapterItem(chapter) {
  return { kind: "chapter", id: chapter.id, start: chapter.start, end: chapter.end, text: chapter.title, edited: chapter.edited };
}

function facts(library) {
  const media = library.media;
  const size = media.has_picture ? `${media.width}×${media.height}, ` : "";
  const rate = media.has_picture ? `${+(parse(media.rate)).toFixed(3)} fps, ` : "sound, ";
  return `${clock(parse(media.duration))}, ${size}${rate}${media.codec}${library.camera ? `, ${library.camera}` : ""}`;
}
