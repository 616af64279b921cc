// A file of the page did not come: it is asked for again, three times, and then a person is told.

const TRIES = "draftkeep.tries";
const MOST = 3;
const PAUSE_MS = 1_000;

function again({ target }) {
  if (!target.matches?.("script, link:not([rel=icon])")) return;
  removeEventListener("error", again, true);
  const tries = Number(sessionStorage.getItem(TRIES) ?? 0);
  if (tries < MOST) {
    sessionStorage.setItem(TRIES, tries + 1);
    setTimeout(() => location.reload(), PAUSE_MS);
    return;
  }
  sessionStorage.removeItem(TRIES);
  const told = document.createElement("p");
  told.className = "page";
  told.setAttribute("role", "alert");
  told.textContent = "The console could not be loaded completely. Is the server running? Reload the page to try again.";
  document.body.append(told);
}

addEventListener("error", again, true);
