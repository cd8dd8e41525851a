// Follows a video job to its end.
const WORDS = ["pending", "processing", "finished", "failed"];
const FIRST_PAUSE = 700;
const LONGEST_PAUSE = 5000;

const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));

// Returns where the film lies. `tell` hears each word of the job; throws an error where it ends otherwise.
export async function follow(path, key, { tell, isWanted }) {
  for (let pause = FIRST_PAUSE; isWanted(); pause = Math.min(1.4 * pause, LONGEST_PAUSE)) {
    const reply = await fetch(path, { headers: { authorization: `Bearer ${key}` }, credentials: "omit" });
    if (!reply.ok && reply.status !== 429) throw new Error(`its status answers ${reply.status}`);
    if (reply.ok) {
      const { video } = await reply.json();
      const word = video.status ?? WORDS[video.code];
      if (word === "finished") return [video.url.generation].flat()[0];
      if (word === "failed") throw new Error("the job failed");
      tell(word);
    }
    await sleep(reply.ok ? pause : LONGEST_PAUSE);
  }
  return null;
}
