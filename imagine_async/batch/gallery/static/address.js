// What is shown stands in the address, behind `#`: so Back works, and what was found can be sent to somebody.
const Address = (() => {
  const FILTERS = ["q", "state", "style", "endpoint", "tag"];
  const NAMES = [...FILTERS, "sort", "page", "row"];

  function read() {
    const given = new URLSearchParams(location.hash.slice(1));
    const view = Object.fromEntries(NAMES.map((name) => [name, given.get(name) ?? ""]));
    view.page = Math.max(1, Math.trunc(Number(view.page)) || 1);
    return view;
  }

  function link(view) {
    const given = new URLSearchParams();
    for (const name of NAMES) {
      const value = String(view[name] ?? "");
      if (value && !(name === "page" && value === "1")) given.set(name, value);
    }
    return `#${given}`;
  }

  // `note` is kept with the entry in the history.
  function write(view, { isStep = true, note = null } = {}) {
    const target = link(view);
    if (isStep && target !== link(read())) history.pushState(note, "", target);
    else history.replaceState(note, "", target);
  }

  return { FILTERS, link, read, write };
})();
