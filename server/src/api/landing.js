"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const said = find("said");
  const whole = /(?:^|[\/#])(fkinv(?:1\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}|2\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{22}))(?![A-Za-z0-9_-])/;
  /* Mail programs encode the "#": the token is then in the path. */
  const decoded = (text) => {
    for (let times = 0; times < 3; times++) {
      try {
        text = decodeURIComponent(text);
      } catch {
        break;
      }
    }
    return text;
  };
  const take = () => {
    const here = location.pathname + location.search + location.hash;
    if (!here.includes("fkinv")) return undefined;
    /* Out of the address bar, the history and whatever is synchronised with it, before anything
       else. */
    history.replaceState(null, "", "/i");
    const found = whole.exec(decoded(here));
    return found ? found[1] : null;
  };
  const show = () => {
    const body = take();
    if (body === undefined) return;
    if (body) {
      find("link").textContent = document.documentElement.dataset.page + "#" + body;
      find("ask").textContent = "When it asks for your invite link, paste this:";
    }
    find("linkrow").hidden = find("linknote").hidden = !body;
  };
  const mark = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const element = find(button.dataset.copy);
      const what = button.dataset.copy === "link" ? "The link" : "The command";
      said.textContent = "";
      try {
        await navigator.clipboard.writeText(element.textContent);
        said.textContent = what + " was copied.";
      } catch {
        mark(element);
        said.textContent = what + " is selected. Copy it with Ctrl+C, or Cmd+C on a Mac.";
      }
    });
  }
  addEventListener("hashchange", show);
  show();
})();
