// Which rows are shown, and in which order.
const Finding = (() => {
  const MOST_OPTIONS = 200;
  // Letters that are not a letter and a mark, so that taking marks away leaves them.
  const PLAIN = { "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th" };
  const FACETS = {
    state: (row) => [row.state],
    style: (row) => [row.style],
    endpoint: (row) => [row.endpoint],
    tag: (row) => row.tags,
  };
  const ORDERS = {
    newest: (one, other) => (other.changedAt ?? 0) - (one.changedAt ?? 0),
    cost: (one, other) => (other.tokens ?? -1) - (one.tokens ?? -1),
  };
  const counts = Object.fromEntries(Object.keys(FACETS).map((name) => [name, new Map()]));
  let counted = 0, last = { key: null, rows: [] };

  function folded(text) {
    const plain = text.toLowerCase().normalize("NFKD").replace(/\p{M}+/gu, "");
    return plain.replace(/[ßæœøđðłıþ]/g, (letter) => PLAIN[letter]);
  }

  // Every word has to stand somewhere in prompt, id or tags.
  function speaksOf(row, words) {
    row.folded ??= folded([row.prompt ?? "", row.id ?? "", ...row.tags].join("\n"));
    return words.every((word) => row.folded.includes(word));
  }

  function find(view) {
    const key = JSON.stringify([Rows.all.length, view.sort, ...Address.FILTERS.map((name) => view[name])]);
    if (key !== last.key) last = { key, rows: search(view) };
    return last.rows;
  }

  function search(view) {
    const words = folded(view.q).split(/\s+/).filter(Boolean);
    const wanted = Object.entries(FACETS).filter(([name]) => view[name]);
    const found = Rows.all.filter(
      (row) => wanted.every(([name, values]) => values(row).includes(view[name])) && speaksOf(row, words),
    );
    const order = Object.hasOwn(ORDERS, view.sort) ? ORDERS[view.sort] : null;
    return order ? found.sort(order) : found;
  }

  function count() {
    for (; counted < Rows.all.length; counted += 1) {
      for (const [name, values] of Object.entries(FACETS)) {
        for (const value of values(Rows.all[counted])) {
          if (value) counts[name].set(value, (counts[name].get(value) ?? 0) + 1);
        }
      }
    }
  }

  // Pairs of a value and how often it stands there, the most frequent first.
  function options(facet) {
    count();
    return [...counts[facet]].sort((one, other) => other[1] - one[1]).slice(0, MOST_OPTIONS);
  }

  // Whether some rows have another value than others.
  function divides(facet) {
    const values = options(facet);
    return values.length > 1 || (values.length === 1 && values[0][1] < Rows.all.length);
  }

  return { FACETS: Object.keys(FACETS), divides, find, folded, options };
})();
