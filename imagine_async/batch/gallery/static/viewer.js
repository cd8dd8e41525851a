// A row in full size, with all its facts.
const Viewer = (() => {
  const dialog = byId("viewer"), stage = byId("viewer-stage"), news = byId("viewer-news");
  let shown = null, facts = null, go = () => {}, onClose = () => {};

  function show(row, rows) {
    const place = rows.indexOf(row);
    for (const [id, step] of [["viewer-previous", -1], ["viewer-next", 1]]) {
      byId(id).disabled = place < 0 || !rows[place + step];
    }
    if (row !== shown) fill(row);
    const title = place < 0 ? Cards.nameOf(row) : `${Words.number(place + 1)} of ${Words.number(rows.length)}`;
    byId("viewer-title").textContent = title;
    if (!dialog.open) dialog.showModal();
    for (const step of [1, -1]) fetchAhead(rows[place + step]);
  }

  function fill(row) {
    [shown, facts] = [row, null];
    byId("viewer-prompt").textContent = row.prompt ?? "";
    byId("viewer-error").textContent = row.error ?? "";
    byId("viewer-facts").replaceChildren();
    byId("viewer-copy").disabled = true;
    news.textContent = "";
    stage.replaceChildren(media(row));
    fillTags(row);
    fillLink(row);
    fillFacts(row);
  }

  function fillLink(row) {
    byId("viewer-file").hidden = !row.url;
    if (row.url) byId("viewer-file").href = row.url;
  }

  function fillTags(row) {
    const link = (tag) => element("a", { href: Address.link({ tag }), text: tag });
    byId("viewer-tags").replaceChildren(...row.tags.map((tag) => element("li", {}, link(tag))));
    byId("viewer-tags").hidden = row.tags.length === 0;
  }

  async function fillFacts(row) {
    const found = await Rows.factsOf(row);
    if (row !== shown) return;
    if (!found) { news.textContent = "The page was written again since it was opened: reload it for the facts."; return; }
    facts = found;
    byId("viewer-facts").replaceChildren(...Facts.list(found));
    byId("viewer-error").textContent = found.error ?? "";
    byId("viewer-copy").disabled = false;
  }

  function media(row) {
    if (!row.url) return nothing(`${Words.state(row.state)}: there is no picture.`);
    const name = Cards.nameOf(row);
    const made = row.isVideo
      ? element("video", { controls: true, loop: true, preload: "metadata", src: row.url, ariaLabel: name })
      : element("img", { alt: name, src: row.url });
    if (row.width && row.height) Object.assign(made, { width: row.width, height: row.height });
    // What is there already is shown until the whole picture is.
    if (row.thumb) made.style.backgroundImage = `url("${row.thumb}")`;
    made.addEventListener("load", () => { made.style.backgroundImage = ""; });
    made.addEventListener("error", () => made.replaceWith(nothing("The file is missing, or cannot be shown.")));
    return made;
  }

  const nothing = (text) => element("p", { className: "nothing", text });

  function fetchAhead(row) {
    if (row?.url && !row.isVideo) new Image().src = row.url;
  }

  async function copy() {
    const text = JSON.stringify(facts, null, 2);
    const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    news.textContent = isCopied || copyTheOldWay(text) ? "Copied" : "This browser does not let pages copy.";
  }

  function copyTheOldWay(text) {
    const area = element("textarea", { value: text });
    dialog.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
  }

  function close() {
    if (dialog.open) dialog.close();
    stage.replaceChildren();
    shown = null;
  }

  function start(actions) {
    ({ go, onClose } = actions);
    byId("viewer-previous").addEventListener("click", () => go(-1));
    byId("viewer-next").addEventListener("click", () => go(1));
    byId("viewer-close").addEventListener("click", () => dialog.close());
    byId("viewer-copy").addEventListener("click", copy);
    dialog.addEventListener("close", () => onClose());
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      // In a film the arrows wind it.
      if (!step || event.target.localName === "video" || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      go(step);
    });
  }

  return { close, show, start };
})();
