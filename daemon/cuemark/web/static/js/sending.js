// What becomes of an analysis: files, markers in the editor; and another analysis, to compare.

import { get, post, url } from "./api.js";
import { button, h, replace, words } from "./dom.js";
import { dialog, note, trying } from "./notes.js";
import { Strip } from "./strip.js";
import { parse } from "./time.js";

export async function exportDialog(analysis) {
  const told = await trying(() => get("/api/formats"));
  if (!told) return;
  const choice = h("select", { id: "format" }, told.formats.map((each) => h("option", { value: each.name }, `${each.name}: ${each.description ?? ""}`)));
  const box = dialog("Export",
    h("div", { class: "field" }, h("label", { for: "format" }, "Format"), choice),
    h("div", { class: "row end" }, button("Cancel", () => box.close()), button("Save file", () => save(analysis, choice.value).then(() => box.close()), { class: "primary" })));
}

async function save(analysis, format) {
  return saved(await fetch(url("/api/export", analysis.id, format), { headers: { "X-Cuemark": "1" } }));
}

async function saved(response) {
  if (!response.ok) {
    const { error } = await response.json();
    return note(error.message, { step: error.next_step, bad: true });
  }
  const name = decodeURIComponent(/filename\*=UTF-8''(.*)$/.exec(response.headers.get("content-disposition"))?.[1] ?? "cuemark");
  const link = h("a", { href: URL.createObjectURL(await response.blob()), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
  note(`${name} was saved.`);
}

// What is picked for a string-out, over all media, while the browser's session lasts.
export const picks = {
  all: () => JSON.parse(sessionStorage.getItem("picks") ?? "[]"),
  has: (analysis, moment) => picks.all().some((one) => one.analysis === analysis && one.moment === moment),
  toggle: (analysis, moment) => {
    const rest = picks.all().filter((one) => one.analysis !== analysis || one.moment !== moment);
    const found = rest.length === picks.all().length ? [...rest, { analysis, moment }] : rest;
    sessionStorage.setItem("picks", JSON.stringify(found));
  },
  clear: () => sessionStorage.removeItem("picks"),
};

export async function stringOutDialog(done) {
  const told = await trying(() => get("/api/string-outs"));
  if (!told) return;
  const count = picks.all().length;
  const choice = h("select", { id: "timeline" }, told.formats.map((each) => h("option", { value: each.name }, each.description ? `${each.name}: ${each.description}` : each.name)));
  const make = async () => {
    box.close();
    note("The string-out is being made …");
    await saved(await fetch("/api/string-outs", { method: "POST", headers: { "X-Cuemark": "1", "Content-Type": "application/json" }, body: JSON.stringify({ picks: picks.all(), format: choice.value }) }));
  };
  const box = dialog("String-out", h("p", {}, `${count} ${count === 1 ? "moment is" : "moments are"} picked. P picks the chosen one, or leaves it out again.`),
    h("div", { class: "field" }, h("label", { for: "timeline" }, "As"), choice),
    h("div", { class: "row end" }, button("Forget the picks", () => { picks.clear(); box.close(); done(); }), button("Cancel", () => box.close()), button("Save timeline", make, { class: "primary", disabled: !count })));
}

export async function sendDialog(analysis) {
  const told = await trying(() => get("/api/editors"));
  if (!told) return;
  const rows = told.editors.map((editor) => h("section", {},
    h("h3", {}, words(editor.name)), h("p", { class: "dim" }, words(editor.problem ? `${editor.problem.message} ${editor.problem.next_step}` : `${editor.product} ${editor.version} answers.`)),
    h("div", { class: "row" },
      button("Send markers", () => send(editor.name, analysis), { class: "primary", disabled: Boolean(editor.problem) }),
      button("Take ours off", () => takeBack(editor.name, analysis), { disabled: Boolean(editor.problem) }))));
  const box = dialog("Send to editor", ...(rows.length ? rows : [h("p", {}, "No editor is set up. Run `cuemark resolve install`.")]),
    h("div", { class: "row end" }, button("Close", () => box.close())));
}

const send = (editor, analysis) => trying(async () => {
  const told = await post("/api/editors/send", { editor, analysis: analysis.id });
  for (const each of [...told.left_out, ...told.warnings.map((warning) => warning.message)]) note(each);
  note(`${told.added} added, ${told.changed} changed, ${told.removed} removed, ${told.unchanged} as they were.`, { undo: () => takeBack(editor, analysis) });
});

const takeBack = (editor, analysis) => trying(async () => {
  const told = await post("/api/editors/take-back", { editor, analysis: analysis.id });
  note(`${told.removed} markers were taken off.`);
});

export async function analyseDialog(view) {
  const told = await trying(() => get("/api/models"));
  if (!told) return;
  const clips = told.models.filter((model) => model.ready && model.architectures.clip);
  const clip = h("select", { id: "clip" }, h("option", { value: "" }, "as usual"), clips.map((model) => h("option", { value: model.name }, model.name)));
  const preset = h("select", { id: "preset" }, ["balanced", "fast", "thorough"].map((name) => h("option", { value: name }, name)));
  const moments = h("input", { id: "moments", type: "number", min: 1, max: 500, placeholder: "as many as there are" });
  const start = async () => {
    const options = { preset: preset.value, ...(moments.value ? { moments: moments.value } : {}) };
    const models = clip.value ? { clip: clip.value } : {};
    box.close();
    if (await trying(() => post("/api/jobs/analyse", { media: view.media.fingerprint, options, models }))) note("Analysing; the result appears here by itself.");
  };
  const field = (label, element) => h("div", { class: "field" }, h("label", { for: element.id }, label), element);
  const box = dialog("Analyse", field("Model", clip), field("Preset", preset), field("Moments", moments),
    h("div", { class: "row end" }, button("Cancel", () => box.close()), button("Analyse", start, { class: "primary" })));
}

// Another analysis of the same media under the strip, on the same time axis.
export async function compareRow(view) {
  const others = view.analyses.filter((each) => each.id !== view.analysis.id);
  const strip = new Strip(view.frames.duration);
  const choice = h("select", { "aria-label": "Compared with", onchange: () => load(choice.value) }, others.map((each) => h("option", { value: each.id }, `${each.id}: ${each.moments} moments`)));
  const load = async (id) => {
    const other = await trying(() => get(url("/api/analyses", id)));
    if (!other) return;
    strip.show([
      ...other.chapters.map((each) => ({ kind: "chapter", id: each.id, start: each.start, end: each.end, text: each.title })),
      ...other.moments.map((each, place) => ({ kind: "moment", id: each.id, start: each.start, end: each.end, text: other.names[place] })),
    ]);
  };
  strip.addEventListener("sought", (event) => view.player.go(event.detail.seconds));
  strip.addEventListener("chosen", (event) => view.player.go(parse(strip.items.get(event.detail.id).item.start)));
  replace(view.compared, h("div", { class: "tools" }, "Compared with ", choice, button("Close", () => { strip.end(); replace(view.compared); })), strip.element);
  await load(others[0].id);
}
