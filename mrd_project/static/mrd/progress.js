// Keep the moving part of a run's page up to date. When the run's state changes, load the page anew: what may be done
// with the run has changed too. Without script, the page says the same whenever it is loaded.
"use strict";
(() => {
  const live = document.getElementById("live");
  if (!live) return;
  const EVERY_MS = 2000;
  const SLOWEST_MS = 30000;
  let wait = EVERY_MS;
  const look = async () => {
    try {
      // A person who is filling in or about to press a button is not interrupted.
      if (!document.hidden && !live.contains(document.activeElement)) {
        const answer = await fetch(live.dataset.address, { credentials: "same-origin", redirect: "error" });
        if (!answer.ok) throw new Error(String(answer.status));
        if (answer.headers.get("X-Run-State") !== live.dataset.state) {
          window.location.reload();
          return;
        }
        live.innerHTML = await answer.text();
        wait = EVERY_MS;
      }
    } catch {
      wait = Math.min(wait * 2, SLOWEST_MS);
    }
    setTimeout(look, wait);
  };
  setTimeout(look, wait);
})();
