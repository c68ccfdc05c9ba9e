// Jobs: what the daemon is at work on and has done, live; cancel and retry.

import { get, post, url } from "./api.js";
import { button, h, replace, words } from "./dom.js";
import * as live from "./live.js";
import { trying } from "./notes.js";

const AT_WORK = ["queued", "running"];

export async function show(main) {
  const list = h("ul", { class: "jobs", "aria-label": "Jobs" });
  const known = new Map();
  const draw = () => {
    const all = [...known.values()].sort((a, b) => b.created_at.localeCompare(a.created_at));
    replace(list, ...(all.length ? all.map(row) : [h("li", { class: "empty" }, "No jobs yet.")]));
  };
  const load = async () => {
    for (const job of (await get("/api/jobs")).jobs) known.set(job.id, job);
    draw();
  };
  replace(main, h("h1", {}, "Jobs"), list);
  await load();
  const left = [live.on("look", load), live.on("job", (job) => { known.set(job.id, job); draw(); })];
  return () => left.forEach((stop) => stop());
}

function row(job) {
  const { progress, error, state } = job;
  const act = (name) => trying(() => post(url("/api/jobs", job.id, name)));
  const part = progress?.total ? progress.done / progress.total : null;
  return h("li", { class: `job ${state}` },
    h("div", { class: "row" }, h("span", { class: `state ${state}` }, state), words(job.label, { class: "name" }), h("span", { class: "gap" }),
      AT_WORK.includes(state) ? button("Cancel", () => act("cancel")) : null,
      ["failed", "cancelled"].includes(state) ? button("Try again", () => act("retry")) : null,
      job.analysis_id ? h("a", { href: `#/analysis/${job.analysis_id}` }, "Show") : null),
    state === "running" && progress ? h("div", { class: "row" }, h("progress", { max: 1, ...(part === null ? {} : { value: part }), "aria-label": `${job.label}: ${progress.stage}` }), h("span", { class: "dim" }, stage(progress))) : null,
    error ? h("p", { class: "bad" }, words(`${error.message} ${error.next_step}`)) : null,
    ...job.warnings.map((warning) => h("p", { class: "dim" }, words(warning.message))));
}

function stage(progress) {
  const left = progress.seconds_left === null ? "" : `, ${Math.ceil(progress.seconds_left)} s left`;
  return `${progress.stage} ${progress.done}/${progress.total} ${progress.unit}${left}`;
}

// The number beside "Jobs" in the bar.
export function count() {
  const states = new Map();
  const element = document.getElementById("jobs-count");
  const draw = () => {
    const working = [...states.values()].filter((state) => AT_WORK.includes(state)).length;
    element.hidden = !working;
    element.textContent = working;
  };
  const load = () => trying(async () => {
    states.clear();
    for (const job of (await get("/api/jobs")).jobs) states.set(job.id, job.state);
    draw();
  });
  live.on("look", load);
  live.on("job", (job) => { states.set(job.id, job.state); draw(); });
}
