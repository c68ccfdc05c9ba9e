// Models: what is here, what can be had and what it costs, and on which device the work is done.

import { get, post } from "./api.js";
import { button, h, replace, words } from "./dom.js";
import * as live from "./live.js";
import { note, trying } from "./notes.js";

export async function show(main) {
  const table = h("div", { class: "cards" });
  const machine = h("p", { class: "dim", role: "status" });
  const load = async () => {
    const [{ models }, { status }] = await Promise.all([get("/api/models"), get("/api/machine")]);
    const devices = status.devices.map((each) => `${each.role} on ${each.used}${each.reason ? ` (${each.reason})` : ""}`);
    machine.textContent = devices.length ? `In use: ${devices.join(", ")}.` : "No model is loaded now; the first analysis says which device it uses.";
    replace(table, ...models.map(card));
  };
  replace(main, h("h1", {}, "Models"), machine, table);
  await load();
  return live.on("job", (job) => { if (job.spec.kind === "pull_model" && ["succeeded", "failed", "cancelled"].includes(job.state)) load(); });
}

function card(model) {
  const pull = () => trying(async () => {
    await post("/api/jobs/pull", { model: model.name });
    note(`${model.name} is being pulled; see Jobs.`);
  });
  return h("section", { class: model.ready ? "model ready" : "model" },
    h("h2", {}, words(model.name), model.recommended ? h("span", { class: "badge" }, "recommended here") : null),
    h("p", {}, words(model.title || model.description)),
    model.understands ? h("p", { class: "dim" }, words(model.understands)) : null,
    h("p", { class: "dim" }, [bytes(model.size), model.licence, model.why].filter(Boolean).join(" · ")),
    model.ready ? h("p", { class: "state succeeded" }, model.built_in ? "built in" : "here") : button(`Pull (${bytes(model.size)})`, pull));
}

export function bytes(count) {
  const units = ["B", "KB", "MB", "GB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
