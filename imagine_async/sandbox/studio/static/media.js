// What the bytes of an answer are, wherever in it they stand.
const KINDS = [
  { type: "image/jpeg", name: "JPEG", suffix: "jpg", starts: (head) => head.startsWith("\xff\xd8\xff") },
  { type: "image/png", name: "PNG", suffix: "png", starts: (head) => head.startsWith("\x89PNG\r\n") },
  { type: "image/webp", name: "WebP", suffix: "webp", starts: (head) => /^RIFF[^]{4}WEBP/.test(head) },
  { type: "video/mp4", name: "MP4", suffix: "mp4", starts: (head) => head.slice(4, 8) === "ftyp" },
];

export function sniff(bytes) {
  const head = String.fromCharCode(...new Uint8Array(bytes.slice(0, 12)));
  return KINDS.find((kind) => kind.starts(head)) ?? null;
}

export function parsed(bytes) {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

// The picture of an answer: its bytes, or what a member of its JSON holds or points to; null if there is none.
export async function pictureIn(bytes) {
  if (sniff(bytes)) return bytes;
  for (const text of textsOf(parsed(bytes))) {
    const found = await bytesBehind(text).catch(() => null);
    if (found && sniff(found)) return found;
  }
  return null;
}

// Signed URLs are fetched without any other proof of who asks, which a store like theirs would refuse.
export async function fetched(url) {
  const { pathname, search } = new URL(url, location.href);
  const reply = await fetch(pathname + search, { credentials: "omit" });
  if (!reply.ok) throw new Error(`the file answers ${reply.status}`);
  return reply.arrayBuffer();
}

export function showMedia(place, bytes, description) {
  const kind = sniff(bytes);
  const shown = document.createElement(kind.type.startsWith("video") ? "video" : "img");
  shown.src = URL.createObjectURL(new Blob([bytes], { type: kind.type }));
  if (shown.localName === "video") Object.assign(shown, { controls: true, loop: true, ariaLabel: description });
  else shown.alt = description;
  place.replaceChildren(shown);
  return shown;
}

export function clearMedia(place) {
  for (const shown of place.children) URL.revokeObjectURL(shown.src);
  place.replaceChildren();
}

function* textsOf(value) {
  if (typeof value === "string") yield value;
  else if (value && typeof value === "object") for (const member of Object.values(value)) yield* textsOf(member);
}

async function bytesBehind(text) {
  if (/^https?:/.test(text)) return fetched(text);
  const base64 = text.startsWith("data:") ? text.slice(text.indexOf(",") + 1) : text;
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;
}
