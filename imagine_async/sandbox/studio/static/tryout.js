// The forms: one for each endpoint, sent to the API's own path with the key that stands above them.
import { clearAnswer, say, showFilm, showPicture, showRefusal } from "./answer.js";
import { complain, complainOf, inputOf, partsOf } from "./fields.js";
import { follow } from "./film.js";
import { startPainter } from "./mask.js";
import { parsed } from "./media.js";
import { curlLine, pythonCode } from "./snippets.js";

const KEY = "imagine-sandbox-key";
const byId = (id) => document.getElementById(id);

export function startTryout() {
  const [endpoint, key] = [byId("endpoint"), byId("key")];
  const forms = [...document.querySelectorAll("form.endpoint")];
  const current = () => byId(`form-${endpoint.value}`);
  let latest = 0, told = () => {};

  function choose() {
    for (const form of forms) form.hidden = form !== current();
    refresh();
  }

  function refresh() {
    const form = current(), parts = partsOf(form);
    byId("curl").textContent = curlLine(form, parts);
    byId("python").textContent = pythonCode(form, parts);
    form.querySelector(".price").textContent = `· ${priceOf(form)} ${priceOf(form) === 1 ? "token" : "tokens"}`;
  }

  async function send(form) {
    const wrong = objection(form);
    if (wrong) { wrong.focus(); return; }
    const turn = ++latest;
    const isWanted = () => turn === latest;
    const started = performance.now();
    const facts = factsOf(form);
    byId("result").setAttribute("aria-busy", "true");
    clearAnswer();
    say(`${facts.title}: sent …`, "running");
    told();
    try {
      const reply = await post(form);
      const bytes = await reply.arrayBuffer();
      facts.took = performance.now() - started;
      if (!isWanted()) return;
      if (!reply.ok) showRefusal(reply.status, bytes, facts.took);
      else if (form.dataset.reply === "job") await film(form, parsed(bytes).id, { facts, started, isWanted });
      else await showPicture(bytes, facts);
    } catch (error) {
      if (isWanted()) say(`${facts.title}: ${error.message}`, "bad");
    } finally {
      if (isWanted()) byId("result").setAttribute("aria-busy", "false");
    }
  }

  async function film(form, id, { facts, started, isWanted }) {
    const path = form.dataset.statusPath.replace("{id}", encodeURIComponent(id));
    const tell = (word) => { if (isWanted()) say(`${facts.title}: ${word} …`, "running"); };
    const url = await follow(path, key.value, { tell, isWanted });
    if (isWanted()) await showFilm(url, { ...facts, took: performance.now() - started });
  }

  function objection(form) {
    const usable = /^[!-~]+$/.test(key.value);
    complain(key, usable ? "" : "Type a key: visible ASCII characters, without blanks.");
    const unchecked = form.querySelector(".unchecked").checked;
    return usable ? (unchecked ? null : complainOf(form)) : key;
  }

  function post(form) {
    const body = new FormData();
    for (const { name, text, file } of partsOf(form)) body.append(name, file ?? text);
    const headers = { authorization: `Bearer ${key.value}` };
    return fetch(form.dataset.path, { method: "POST", headers, body, credentials: "omit" });
  }

  function useAsInput(file) {
    if (!current().querySelector(".field.file")) endpoint.value = "upscale";
    choose();
    const input = inputOf(current().querySelector(".field.file"));
    const transfer = new DataTransfer();
    transfer.items.add(file);
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.focus();
  }

  for (const form of forms) {
    const [image, mask] = [".field.file", ".field.mask"].map((kind) => form.querySelector(kind));
    if (mask) startPainter(mask, inputOf(image), refresh);
    form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
    form.addEventListener("input", refresh);
    form.addEventListener("change", refresh);
  }
  for (const button of document.querySelectorAll(".copy")) {
    // Browsers lend the clipboard to pages of this machine and of https only.
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", () => copy(button));
  }
  keepKey(key);
  endpoint.addEventListener("change", choose);
  document.querySelector(".workbench").hidden = false;
  choose();
  return { useAsInput, onSend: (listener) => { told = listener; } };
}

function factsOf(form) {
  const prompt = form.querySelector('[data-name="prompt"]');
  return { title: form.ariaLabel, prompt: prompt ? inputOf(prompt).value : "", price: priceOf(form) };
}

function priceOf(form) {
  const prices = JSON.parse(form.dataset.prices);
  const style = form.querySelector('[data-name="style"], [data-name="style_id"]');
  return prices[style ? inputOf(style).value || style.dataset.default : ""] ?? prices[""];
}

function keepKey(key) {
  key.value = sessionStorage.getItem(KEY) ?? key.value;
  key.addEventListener("input", () => { complain(key, ""); sessionStorage.setItem(KEY, key.value); });
  byId("key-show").addEventListener("click", ({ currentTarget }) => {
    const isShown = key.type === "text";
    key.type = isShown ? "password" : "text";
    currentTarget.setAttribute("aria-pressed", !isShown);
  });
}

async function copy(button) {
  await navigator.clipboard.writeText(byId(button.dataset.of).textContent);
  const words = button.innerHTML;
  button.textContent = "Copied";
  setTimeout(() => { button.innerHTML = words; }, 1500);
}
