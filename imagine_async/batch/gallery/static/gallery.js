// The page: reads the address, shows what it says, and writes into it what is chosen.
(() => {
  const PAGE = 60;
  const PATIENCE = 200;
  let isLoaded = false, missing = 0, returnTo = null, timer = 0;

  function render() {
    const view = Address.read();
    const rows = Finding.find(view);
    const pages = Math.max(1, Math.ceil(rows.length / PAGE));
    const page = Math.min(view.page, pages);
    fillTools(view);
    renderCards(rows.slice((page - 1) * PAGE, page * PAGE), { ...view, page, row: "" });
    renderCount(view, rows);
    renderPages({ ...view, row: "" }, page, pages);
    renderViewer(view, rows);
  }

  function renderCards(rows, view) {
    const key = JSON.stringify([Address.link(view), rows.map((row) => row.position)]);
    if (byId("cards").dataset.key === key) return;
    byId("cards").dataset.key = key;
    byId("cards").replaceChildren(...rows.map((row) => Cards.card(row, view)));
  }

  function renderCount(view, rows) {
    const all = Number(document.body.dataset.rows);
    const of = rows.length === all ? "" : ` of ${Words.number(all)}`;
    const more = isLoaded ? "" : " so far";
    const lost = missing ? `; ${missing} of the page’s files could not be read` : "";
    setText(byId("count"), `${Words.number(rows.length)}${of} ${all === 1 ? "row" : "rows"}${more}${lost}`);
    byId("clear").hidden = !Address.FILTERS.some((name) => view[name]);
    byId("empty").hidden = rows.length > 0 || !isLoaded;
    setText(byId("empty"), all === 0 ? "No row of the batch has ended yet." : "No row has all that.");
  }

  function setText(place, text) {
    if (place.textContent !== text) place.textContent = text;
  }

  function renderPages(view, page, pages) {
    const near = [...new Set([1, page - 1, page, page + 1, pages])].filter((each) => each >= 1 && each <= pages);
    const links = near.map((each) => pageLink(view, each, { isHere: each === page }));
    const ends = [["Previous", page - 1], ["Next", page + 1]].map(([text, to]) =>
      to < 1 || to > pages ? element("span", { className: "soft", text }) : pageLink(view, to, { text }));
    byId("pages").replaceChildren(ends[0], ...links, ends[1]);
    byId("pages").hidden = pages === 1;
  }

  function pageLink(view, page, { text = Words.number(page), isHere = false }) {
    const link = element("a", { href: Address.link({ ...view, page }), text });
    if (isHere) link.setAttribute("aria-current", "page");
    link.dataset.page = page;
    return link;
  }

  function renderViewer(view, rows) {
    const row = view.row ? Rows.named(view.row) : null;
    if (row) Viewer.show(row, rows);
    else if (!view.row || isLoaded) leaveViewer(rows);
  }

  // Back among the cards, on the page where the row is that was looked at last.
  function leaveViewer(rows) {
    Viewer.close();
    const row = returnTo;
    returnTo = null;
    if (!row) return;
    const place = rows.indexOf(row);
    if (place >= 0 && Math.ceil((place + 1) / PAGE) !== Address.read().page) {
      Address.write({ ...Address.read(), page: Math.ceil((place + 1) / PAGE) }, { isStep: false });
      render();
    }
    document.querySelector(`#cards [data-position="${row.position}"] a`)?.focus();
  }

  function closed() {
    const view = Address.read();
    if (!view.row) return;
    returnTo = Rows.named(view.row);
    // Where opening it was a step, closing it takes that step back.
    if (history.state === "opened") { history.back(); return; }
    Address.write({ ...view, row: "" }, { isStep: false });
    render();
  }

  function go(step) {
    const view = Address.read();
    const rows = Finding.find(view);
    const place = rows.indexOf(Rows.named(view.row));
    const next = place < 0 ? null : rows[place + step];
    if (!next) return;
    Address.write({ ...view, row: Rows.nameOf(next) }, { isStep: false, note: history.state });
    render();
  }

  function fillTools(view) {
    for (const facet of Finding.FACETS) {
      const select = byId(facet);
      if (select.dataset.rows !== String(Rows.all.length)) fillOptions(select, facet);
      if (![...select.options].some((option) => option.value === view[facet])) select.add(new Option(view[facet]));
      select.value = view[facet];
      select.closest("label").hidden = !view[facet] && !Finding.divides(facet);
    }
    byId("sort").value = view.sort;
    if (byId("q").value.trim() !== view.q) byId("q").value = view.q;
  }

  function fillOptions(select, facet) {
    const word = { state: Words.state, endpoint: Words.inWords }[facet] ?? String;
    const options = Finding.options(facet).map(([value, count]) =>
      new Option(`${word(value)} (${Words.number(count)})`, value));
    select.replaceChildren(new Option("All", ""), ...options);
    select.dataset.rows = Rows.all.length;
  }

  function choose(change, options) {
    Address.write({ ...Address.read(), page: 1, row: "", ...change }, options);
    render();
  }

  // Letters typed one after the other are one step.
  function search(q) {
    choose({ q }, { isStep: !Address.read().q });
  }

  function follow(event) {
    const link = event.target.closest("#cards a, #pages a, #viewer-tags a");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const target = link.getAttribute("href");
    if (target === location.hash) return;
    history.pushState(link.closest("#cards") ? "opened" : null, "", target);
    render();
    if (link.closest("#cards")) return;
    const main = document.querySelector("main");
    main.focus({ preventScroll: true });
    main.scrollIntoView();
  }

  function start() {
    Viewer.start({ go, onClose: closed });
    byId("tools").addEventListener("submit", (event) => event.preventDefault());
    byId("q").addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => search(byId("q").value.trim()), PATIENCE);
    });
    for (const name of [...Finding.FACETS, "sort"]) {
      byId(name).addEventListener("change", ({ target }) => choose({ [name]: target.value }));
    }
    byId("clear").addEventListener("click", () => {
      choose(Object.fromEntries(Address.FILTERS.map((name) => [name, ""])));
      byId("q").focus();
    });
    document.addEventListener("click", follow);
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault();
      byId("cards").focus();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target.matches("input, select, textarea") || byId("viewer").open) return;
      event.preventDefault();
      byId("q").focus();
    });
    addEventListener("popstate", render);
    for (const time of document.querySelectorAll("time")) time.textContent = Words.time(time.dateTime);
    Rows.loadAll((news) => {
      ({ isLast: isLoaded, missing } = news);
      render();
    });
  }

  start();
})();
