// Words and elements. Every text that comes from elsewhere is set as text, never as HTML.
const Words = (() => {
  const STATES = { done: "Done", failed: "Failed", unknown: "Unknown" };
  const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

  function inWords(name) {
    const words = String(name).replaceAll("_", " ");
    return words.charAt(0).toUpperCase() + words.slice(1);
  }

  function bytes(size) {
    for (const unit of ["bytes", "kB", "MB", "GB"]) {
      if (size < 1000) return `${numbers.format(size)} ${unit}`;
      size /= 1000;
    }
    return `${numbers.format(size)} TB`;
  }

  return {
    bytes,
    inWords,
    number: (value) => numbers.format(value),
    state: (name) => STATES[name] ?? inWords(name),
    tokens: (count) => `${numbers.format(count)} ${count === 1 ? "token" : "tokens"}`,
    time: (text) => new Date(text).toLocaleString(),
  };
})();

const byId = (id) => document.getElementById(id);

// Makes an element: `element("p", { className: "soft", text: "…" }, ...children)`.
function element(name, { text, attributes = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}
