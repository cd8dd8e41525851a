// Opens the picture of a call in a dialog. Without a script the same link opens the file.
const byId = (id) => document.getElementById(id);

export function startViewer(tryout) {
  const dialog = byId("viewer");
  const picture = byId("viewer-picture");

  function open(link) {
    const card = link.closest(".call");
    picture.src = byId("viewer-whole").href = link.href;
    picture.alt = link.querySelector("img").alt;
    byId("viewer-title").replaceChildren(...card.querySelector("h3").cloneNode(true).childNodes);
    byId("viewer-prompt").textContent = card.querySelector(".prompt")?.textContent ?? "";
    const facts = [...card.querySelectorAll(".facts li")].map((fact) => fact.textContent.trim());
    byId("viewer-facts").textContent = facts.join(" · ");
    dialog.showModal();
  }

  async function use() {
    const reply = await fetch(picture.src);
    const bytes = await reply.blob();
    const name = `picture.${bytes.type === "image/png" ? "png" : "jpg"}`;
    dialog.close();
    tryout.useAsInput(new File([bytes], name, { type: bytes.type }));
  }

  byId("calls").addEventListener("click", (event) => {
    const link = event.target.closest("a.thumb");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link);
  });
  byId("viewer-close").addEventListener("click", () => dialog.close());
  byId("viewer-use").addEventListener("click", use);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
