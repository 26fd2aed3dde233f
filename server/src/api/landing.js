"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const said = find("said");
  const show = () => {
    const whole = /^#fkinv1\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}$/.test(location.hash);
    if (whole) {
      find("link").textContent = document.documentElement.dataset.page + location.hash;
      find("ask").textContent = "When it asks for your invite link, paste this:";
    }
    find("linkrow").hidden = find("linknote").hidden = !whole;
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
