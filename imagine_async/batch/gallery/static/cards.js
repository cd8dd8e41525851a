// One card: a picture, a video, or what went wrong, and the shortest facts.
const Cards = (() => {
  const NARROWEST = 0.45, WIDEST = 2.6;

  function card(row, view) {
    const item = element("li", { className: `card ${row.state}` });
    item.dataset.position = row.position;
    item.style.setProperty("--ratio", ratioOf(row).toFixed(4));
    const link = element("a", { href: Address.link({ ...view, row: Rows.nameOf(row) }) }, ...face(row));
    item.append(link, ...caption(row));
    return item;
  }

  function ratioOf(row) {
    if (row.state !== "done") return 1;
    const ratio = row.width && row.height ? row.width / row.height : row.isVideo ? 16 / 9 : 1;
    return Math.min(WIDEST, Math.max(NARROWEST, ratio));
  }

  const nameOf = (row) => row.prompt || row.id || `Row ${row.position + 1}`;

  function face(row) {
    if (row.state !== "done" || !row.url) return [problem(row, row.error ?? "There is no file.")];
    return row.isVideo ? film(row) : [picture(row)];
  }

  function picture(row) {
    const image = element("img", { alt: nameOf(row), loading: "lazy", decoding: "async" });
    Object.assign(image, { width: row.width ?? 320, height: row.height ?? 320, src: row.thumb ?? row.url });
    image.addEventListener("error", () => {
      if (row.thumb && image.getAttribute("src") !== row.url) image.src = row.url;
      else image.replaceWith(problem(row, "The file is missing, or is no picture."));
    });
    return image;
  }

  function film(row) {
    const video = element("video", { preload: "none", muted: true, src: row.url, tabIndex: -1 });
    video.setAttribute("aria-hidden", "true");
    const mark = element("span", { className: "play", attributes: { "aria-hidden": "true" } });
    return [video, mark, element("span", { className: "unseen", text: `Video: ${nameOf(row)}` })];
  }

  function problem(row, text) {
    const word = element("strong", { text: row.state === "done" ? "No picture" : Words.state(row.state) });
    return element("span", { className: "problem" }, word, element("span", { text }));
  }

  function* caption(row) {
    if (row.prompt) yield element("p", { className: "prompt", text: row.prompt, title: row.prompt });
    yield element("p", { className: "soft", text: [...shortFacts(row)].join(" · ") });
  }

  function* shortFacts(row) {
    if (row.position < 0) yield "no longer in the input";
    yield row.style ?? (row.endpoint ? Words.inWords(row.endpoint) : "unread");
    if (row.seed !== null) yield `seed ${row.seed}`;
    if (row.tokens) yield Words.tokens(row.tokens);
    if (row.id !== null) yield row.id;
  }

  return { card, nameOf };
})();
