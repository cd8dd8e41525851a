// The page's script: forms, calls and figures that are alive, pictures that open.
import { startLive } from "./live.js";
import { startTryout } from "./tryout.js";
import { startViewer } from "./viewer.js";

const tryout = startTryout();
const live = startLive();
startViewer(tryout);
tryout.onSend(live.expectOwnCall);
