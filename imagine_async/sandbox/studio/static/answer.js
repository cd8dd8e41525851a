// Shows what came back: a picture with its facts, a film, or what the API says is wrong.
import { clearMedia, fetched, parsed, pictureIn, showMedia, sniff } from "./media.js";

const byId = (id) => document.getElementById(id);
const tokens = (number) => `${number.toLocaleString("en")} ${number === 1 ? "token" : "tokens"}`;
const duration = (time) => (time < 1000 ? `${Math.round(time)} ms` : `${(time / 1000).toFixed(1)} s`);
const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

export function say(words, tone = "") {
  byId("result-status").textContent = words;
  byId("result").dataset.tone = tone;
  // On a narrow window the answer lies below the form.
  if (tone === "good" || tone === "bad") byId("result").scrollIntoView({ block: "nearest" });
}

export function clearAnswer() {
  clearMedia(byId("result-media"));
  byId("result-body").hidden = true;
}

export async function showPicture(bytes, facts) {
  const picture = await pictureIn(bytes);
  if (!picture) {
    showBody(bytes);
    say("The answer holds no picture that is known here.", "bad");
    return;
  }
  const shown = showMedia(byId("result-media"), picture, facts.prompt || facts.title);
  await shown.decode();
  const measures = `${shown.naturalWidth} × ${shown.naturalHeight}, ${sniff(picture).name}, ${size(picture.byteLength)}`;
  say(`${facts.title}: ${measures}, ${tokens(facts.price)}, ${duration(facts.took)}`, "good");
}

export async function showFilm(url, facts) {
  const film = await fetched(url);
  showMedia(byId("result-media"), film, facts.prompt || facts.title);
  const measures = `${sniff(film)?.name}, ${size(film.byteLength)}`;
  say(`${facts.title}: ${measures}, ${tokens(facts.price)}, ready after ${duration(facts.took)}`, "good");
}

export function showRefusal(status, bytes, took) {
  showBody(bytes);
  const body = parsed(bytes);
  const reason = body?.message ?? body?.details?.join("; ") ?? "";
  say(`${status < 500 ? "Refused" : "Failed"} with ${status} after ${duration(took)}. ${reason}`, "bad");
}

function showBody(bytes) {
  const body = parsed(bytes);
  const text = body === null ? new TextDecoder().decode(bytes) : JSON.stringify(body, null, 2);
  byId("result-body").textContent = text.slice(0, 20_000) || "(empty)";
  byId("result-body").hidden = false;
}
