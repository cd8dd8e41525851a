// All facts of a row, for the viewer.
const Facts = (() => {
  const FIELDS_OF_ITS_OWN = new Set(["endpoint", "prompt", "style", "aspect_ratio", "seed"]);

  function* pairs(facts) {
    const request = facts.request ?? {};
    if (facts.endpoint) yield ["Endpoint", Words.inWords(facts.endpoint)];
    if (facts.style) yield ["Style", facts.style];
    if (facts.aspect_ratio) yield ["Aspect ratio", facts.aspect_ratio];
    if (facts.seed !== null) yield ["Seed", String(facts.seed)];
    yield* Object.entries(request)
      .filter(([name]) => !FIELDS_OF_ITS_OWN.has(name))
      .map(([name, value]) => [Words.inWords(name), shown(value)]);
    yield* ofTheCall(facts);
    yield* ofTheFile(facts);
    yield* ofTheRow(facts);
  }

  function* ofTheCall(facts) {
    if (facts.tokens !== null) yield ["Tokens", Words.number(facts.tokens)];
    if (facts.elapsed_seconds !== null) yield ["Seconds", Words.number(facts.elapsed_seconds)];
    yield ["Attempts", String(facts.attempts)];
    if (facts.job) yield ["Job", facts.job];
  }

  function* ofTheFile(facts) {
    if (facts.width && facts.height) yield ["Pixels", `${facts.width} × ${facts.height}`];
    if (facts.file) yield ["File", facts.file];
    if (facts.size !== null) yield ["Size", Words.bytes(facts.size)];
    if (facts.sha256) yield ["SHA-256", facts.sha256];
  }

  function* ofTheRow(facts) {
    if (facts.id !== null) yield ["Id", facts.id];
    if (facts.line !== null) yield ["Line", String(facts.line)];
    yield ["Row", facts.position < 0 ? "no longer in the input" : String(facts.position + 1)];
    yield ["State", Words.state(facts.state)];
    if (facts.changed_at) yield ["Changed", Words.time(facts.changed_at)];
  }

  const shown = (value) => (value !== null && typeof value === "object" ? inside(value) : String(value));
  const inside = (value) => (Object.keys(value).length === 1 && value.path ? String(value.path) : JSON.stringify(value));

  function list(facts) {
    return [...pairs(facts)].map(([name, value]) =>
      element("div", {}, element("dt", { text: name }), element("dd", { text: value })));
  }

  return { list };
})();
