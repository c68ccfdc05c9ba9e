// The page: its views by address, its live connection, what is everywhere (search, theme, help).

import { replace } from "./dom.js";
import * as jobs from "./jobs.js";
import * as keys from "./keys.js";
import * as library from "./library.js";
import * as live from "./live.js";
import * as media from "./media.js";
import * as models from "./models.js";
import { complain } from "./notes.js";
import * as search from "./search.js";

const VIEWS = { library: library.show, media: media.show, analysis: media.showAnalysis, search: search.show, jobs: jobs.show, models: models.show };
let leave = null;
let shown = 0;

// An address is #/view/part?name=value.
function address() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, ...parts] = path.split("/").map(decodeURIComponent);
  return { view: VIEWS[view] ? view : "library", parts, query: new URLSearchParams(query) };
}

async function route() {
  const turn = ++shown;
  const { view, parts, query } = address();
  const main = document.getElementById("main");
  leave?.();
  leave = null;
  keys.bind([]);
  for (const link of document.querySelectorAll("nav a")) {
    link.toggleAttribute("aria-current", link.hash === `#/${view}`);
  }
  try {
    const left = await VIEWS[view](main, parts, query);
    if (turn === shown) leave = left;
    else left?.();
  } catch (error) {
    if (!error.code) throw error;
    if (turn === shown) showError(main, error);
  }
}

function showError(main, error) {
  const box = document.createElement("section");
  box.className = "empty";
  const title = document.createElement("h1");
  title.textContent = error.message;
  const step = document.createElement("p");
  step.textContent = error.step;
  box.append(title, step);
  replace(main, box);
}

function theme() {
  const known = localStorage.getItem("theme");
  const apply = (name) => {
    document.documentElement.dataset.theme = name;
    const control = document.getElementById("theme-button");
    control.textContent = name === "light" ? "☾" : "☀";
    control.title = name === "light" ? "Dark" : "Light";
  };
  apply(known ?? "dark"); // beside an editor, whose panels are dark
  document.getElementById("theme-button").addEventListener("click", () => {
    const next = document.documentElement.dataset.theme === "light" ? "dark" : "light";
    localStorage.setItem("theme", next);
    apply(next);
  });
}

function searching() {
  const box = document.getElementById("search-box");
  document.getElementById("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (box.value.trim()) location.hash = `#/search?q=${encodeURIComponent(box.value.trim())}`;
  });
  keys.bindAlways([
    { key: "/", does: "Search", act: () => box.focus() },
    { key: "?", does: "Show the keys", act: keys.help },
  ]);
  document.getElementById("help-button").addEventListener("click", keys.help);
}

function connection() {
  const lost = document.getElementById("lost");
  const tell = (data, text) => {
    lost.hidden = data.there;
    lost.textContent = data.there ? "" : data.message ? `${data.message} ${data.next_step ?? ""}` : text;
  };
  live.on("daemon", (data) => tell(data, "The daemon is away."));
  live.on("link", (data) => tell(data, "The connection was lost; it comes back by itself. If not: run `cuemark open`."));
}

addEventListener("hashchange", route);
addEventListener("unhandledrejection", (event) => {
  if (event.reason?.code) {
    event.preventDefault();
    complain(event.reason);
  }
});
theme();
searching();
connection();
keys.start();
jobs.count();
live.open();
route();
