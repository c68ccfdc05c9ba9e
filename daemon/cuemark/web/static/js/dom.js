// Elements: made from a tag, its properties and children.  Text is always set as text, never as markup.

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "dataset") Object.assign(element.dataset, value);
  else if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
  else if (name === "class") element.className = value;
  else if (name in element && typeof element[name] === "boolean") element[name] = Boolean(value);
  else if (name === "value") element.value = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

export function replace(parent, ...children) {
  parent.replaceChildren(...children.flat().filter(Boolean));
}

// A button with its key in the tooltip: every action of the page is one.
export function button(label, act, { key = "", title = label, ...props } = {}) {
  const tip = key ? `${title} (${key})` : title;
  return h("button", { type: "button", title: tip, onclick: act, ...props }, label);
}

// Words of users, in whatever direction they are written.
export function words(text, props = {}) {
  return h("bdi", props, text);
}
