// Asks for news every second, and puts them into the page. The server writes the HTML, escaped; here it is only moved.
const PAUSE = 1000;
const LONGEST_PAUSE = 8000;
const QUIET = 5000;

const byId = (id) => document.getElementById(id);

export function startLive() {
  const calls = byId("calls");
  const announcer = newAnnouncer();
  let paused = false, pause = PAUSE, timer = 0, asking = false;

  async function ask() {
    clearTimeout(timer);
    if (asking || paused || document.hidden) return;
    asking = true;
    try {
      const reply = await fetch(`/_sandbox/studio/news?after=${calls.dataset.last}`);
      if (!reply.ok) throw new Error(`${reply.status}`);
      takeIn(new DOMParser().parseFromString(await reply.text(), "text/html"));
      [pause] = [PAUSE, show("live", "Live")];
    } catch {
      [pause] = [Math.min(2 * pause, LONGEST_PAUSE), show("lost", "No connection")];
    } finally {
      asking = false;
      timer = setTimeout(ask, pause);
    }
  }

  function takeIn(news) {
    const fresh = news.getElementById("calls");
    if (fresh.dataset.run !== calls.dataset.run) {
      // The sandbox was started anew: what is shown is gone, and its changes are counted from the beginning.
      Object.assign(calls.dataset, { run: fresh.dataset.run, last: 0 });
      calls.replaceChildren();
      return;
    }
    calls.dataset.last = fresh.dataset.last;
    updateUsage(news.getElementById("usage"));
    for (const item of [...fresh.children].reverse()) upsert(item);
    trim();
  }

  function upsert(item) {
    const known = byId(item.id);
    localizeTimes(item);
    if (known) known.replaceWith(item);
    else calls.prepend(item);
    item.classList.add("fresh");
    const ended = (word) => word && word !== "Running";
    if (ended(item.dataset.word) && !ended(known?.dataset.word) && !item.classList.contains("asks")) {
      announcer.ended(item);
    }
  }

  function trim() {
    const surplus = calls.children.length - 2 * calls.dataset.most;
    for (const item of [...calls.children].slice(calls.children.length - Math.max(surplus, 0))) {
      if (!item.contains(document.activeElement)) item.remove();
    }
  }

  byId("live-pause").addEventListener("click", ({ currentTarget }) => {
    paused = !paused;
    currentTarget.setAttribute("aria-pressed", paused);
    if (paused) show("paused", "Paused");
    ask();
  });
  document.addEventListener("visibilitychange", ask);
  document.querySelector(".live").hidden = false;
  show("live", "Live");
  localizeTimes(document);
  ask();
  return { expectOwnCall: announcer.expectOwnCall };
}

function show(state, words) {
  const place = byId("live-state");
  if (place.textContent !== words) place.textContent = words;
  place.parentElement.dataset.state = state;
}

function updateUsage(fresh) {
  const usage = byId("usage");
  if (usage.innerHTML === fresh.innerHTML) return;
  usage.replaceChildren(...fresh.childNodes);
}

function localizeTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const date = new Date(time.dateTime);
    time.textContent = date.toLocaleTimeString();
    time.title = date.toLocaleString();
  }
}

// Tells of calls that ended, at most every five seconds, and not of those that the form tells of itself.
function newAnnouncer() {
  let count = 0, last = null, own = 0, timer = 0, spoken = -QUIET;

  function speak() {
    timer = 0;
    spoken = performance.now();
    const text = ["h3", ".status", ".cost"].map((part) => last.querySelector(part)?.textContent.trim()).join(", ");
    byId("news").textContent = count > 1 ? `${count} calls ended. The last: ${text}` : text;
    count = 0;
  }

  return {
    expectOwnCall: () => { own += 1; },
    ended(item) {
      if (own > 0) { own -= 1; return; }
      [count, last] = [count + 1, item];
      timer ||= setTimeout(speak, Math.max(0, spoken + QUIET - performance.now()));
    },
  };
}
