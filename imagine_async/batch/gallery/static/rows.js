// The rows. They come as scripts of 1,000 rows each, one after the other: a page on the disk can load nothing else.
const Rows = (() => {
  const NAMES = [
    "position", "key", "state", "id", "url", "thumb", "isVideo", "width", "height", "endpoint", "prompt", "style",
    "tokens", "seed", "changedAt", "tags", "error",
  ];
  // Of the scripts with all facts, which are large, the last ones are kept.
  const MOST_FACTS = 6;
  const nonce = document.currentScript.nonce;
  const all = [], byPosition = new Map(), byName = new Map(), facts = new Map(), awaited = new Map();

  function load(kind, number) {
    const script = document.createElement("script");
    const { promise, resolve, reject } = deferred();
    Object.assign(script, { nonce, async: true, onload: resolve, onerror: () => reject(new Error(`${kind} ${number}`)) });
    script.src = `gallery/${kind}-${String(number).padStart(4, "0")}.js?${document.body.dataset.version}`;
    document.head.append(script);
    return promise.finally(() => script.remove());
  }

  function deferred() {
    const parts = {};
    parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
    return parts;
  }

  function take(number, text) {
    for (const values of JSON.parse(text)) {
      const row = { chunk: number, order: all.length };
      NAMES.forEach((name, index) => { row[name] = values[index]; });
      // Twice only while the batch runs, and the scripts are of two ages.
      if (byPosition.has(row.position)) continue;
      byPosition.set(row.position, row);
      if (row.id !== null && !byName.has(row.id)) byName.set(row.id, row);
      all.push(row);
    }
  }

  // Loads all rows, and calls back after each script; a script that is missing is told of, and the others are shown.
  async function loadAll(afterEach) {
    let missing = 0;
    const count = Number(document.body.dataset.chunks);
    for (let number = 1; number <= count; number += 1) {
      await load("rows", number).catch(() => { missing += 1; });
      afterEach({ isLast: number === count, missing });
    }
    if (count === 0) afterEach({ isLast: true, missing });
  }

  // All facts of a row; null if they cannot be had, or are of another row by now.
  async function factsOf(row) {
    if (!facts.has(row.chunk)) {
      if (!awaited.has(row.chunk)) awaited.set(row.chunk, load("facts", row.chunk).finally(() => awaited.delete(row.chunk)));
      await awaited.get(row.chunk).catch(() => null);
    }
    const [key, found] = facts.get(row.chunk)?.get(row.position) ?? [];
    return key === row.key ? found : null;
  }

  function takeFacts(number, text) {
    facts.set(number, new Map(JSON.parse(text).map((pair) => [pair[1].position, pair])));
    for (const oldest of [...facts.keys()].slice(0, Math.max(0, facts.size - MOST_FACTS))) facts.delete(oldest);
  }

  // A name that reads like a number would be taken for a place in the input: such a row goes by its place.
  const nameOf = (row) => (row.id === null || /^-?\d+$/.test(row.id) ? String(row.position) : row.id);
  const named = (name) => (/^-?\d+$/.test(name) ? byPosition.get(Number(name)) : byName.get(name)) ?? null;

  return { all, factsOf, loadAll, named, nameOf, take, takeFacts };
})();

function takeRows(number, text) { Rows.take(number, text); }
function takeFacts(number, text) { Rows.takeFacts(number, text); }
