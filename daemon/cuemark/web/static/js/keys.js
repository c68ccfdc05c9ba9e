// Keys: each view says which it takes; the help shows just those.  Nothing is taken while somebody types.

import { h } from "./dom.js";
import { dialog } from "./notes.js";

let always = [];
let current = [];

// A binding: { key, does, act }, where key is as `event.key` has it, with "Ctrl+", "Shift+" and "Alt+" before it.
export function bind(bindings) {
  current = bindings;
}

export function bindAlways(bindings) {
  always = bindings;
}

export function start() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isTyping(event) || document.querySelector("dialog[open]")) return;
    const name = nameOf(event);
    const found = [...current, ...always].find((binding) => binding.key.split(" ").includes(name));
    if (!found || (isButton(event.target) && (name === "Enter" || name === "Space"))) return;
    event.preventDefault();
    found.act(event);
  });
}

export function help() {
  const row = (binding) =>
    h("tr", {}, h("td", {}, ...binding.key.split(" ").flatMap((key, place) => [place ? " or " : "", h("kbd", {}, key)])), h("td", {}, binding.does));
  const box = dialog("Keys", h("table", { class: "keys" }, h("tbody", {}, [...current, ...always].map(row))));
  box.append(h("div", { class: "row end" }, h("button", { type: "button", onclick: () => box.close(), autofocus: true }, "Close")));
}

function nameOf(event) {
  const ctrl = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  const shift = event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key)) ? "Shift+" : "";
  const key = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  return `${ctrl}${event.altKey ? "Alt+" : ""}${shift}${key}`;
}

function isTyping(event) {
  const target = event.target;
  if (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT") return true;
  return target.tagName === "INPUT" && !["checkbox", "radio", "range", "button"].includes(target.type);
}

function isButton(target) {
  return ["BUTTON", "A", "SUMMARY", "INPUT"].includes(target.tagName);
}
